// Progress on standard error: a bar in a terminal, a plain line now and then elsewhere.

import type { SingleBar } from 'cli-progress'
import { count } from './text.js'

export interface Progress {
  /** Begins a piece of work of `total` steps; one that is under way is ended. */
  begin(label: string, total: number): void
  /** Steps that are done. */
  update(done: number): void
  /** Idempotent. The bar is gone afterwards, so that the report stays readable. */
  end(): void
}

export interface ProgressOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean
}

/** Milliseconds between two plain lines. */
const lineEvery = 5000

/** A bar where `output` is a terminal and the library for it is installed (it is optional), else lines. */
export async function createProgress(output: ProgressOutput): Promise<Progress> {
  if (output.isTTY !== true) return new LineProgress(output)
  const library = await import('cli-progress').catch(() => undefined)
  if (library === undefined) return new LineProgress(output)
  const format = '  {label} {bar} {percentage}% {value}/{total}'
  const bar = new library.default.SingleBar(
    {
      format,
      stream: output,
      clearOnComplete: true,
      hideCursor: false,
      barsize: 30,
      fps: 10,
      gracefulExit: false,
    },
    library.default.Presets.shades_classic,
  )
  return new BarProgress(bar)
}

class BarProgress implements Progress {
  readonly #bar: SingleBar
  #isShown = false

  constructor(bar: SingleBar) {
    this.#bar = bar
  }

  begin(label: string, total: number): void {
    this.end()
    this.#bar.start(total, 0, { label })
    this.#isShown = true
  }

  update(done: number): void {
    if (this.#isShown) this.#bar.update(done)
  }

  end(): void {
    if (this.#isShown) this.#bar.stop()
    this.#isShown = false
  }
}

class LineProgress implements Progress {
  readonly #output: NodeJS.WritableStream
  #label = ''
  #total = 0
  #next = Number.POSITIVE_INFINITY

  constructor(output: NodeJS.WritableStream) {
    this.#output = output
  }

  begin(label: string, total: number): void {
    this.#label = label
    this.#total = total
    this.#next = performance.now() + lineEvery
  }

  update(done: number): void {
    const now = performance.now()
    if (now < this.#next) return
    this.#next = now + lineEvery
    this.#output.write(`${this.#label}: ${count(done)} of ${count(this.#total)}\n`)
  }

  end(): void {
    this.#next = Number.POSITIVE_INFINITY
  }
}
