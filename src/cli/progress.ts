// Progress on standard error: a bar in a terminal, a plain line now and then elsewhere.

import type { SingleBar } from 'cli-progress'
import { count } from './text.js'

export interface Progress {
  /** Begins a piece of work of `total` steps, if that is known; one that is under way is ended. */
  begin(label: string, total: number | undefined): void
  /** Steps that are done. */
  update(done: number): void
  /** Idempotent. The bar is gone afterwards, so that the report stays readable. */
  end(): void
}

export interface ProgressOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean
}

export interface ProgressOptions {
  /** Elsewhere nothing is shown, not even plain lines. Default: false. */
  readonly inTerminalOnly?: boolean
  /** Makes text of a number of steps. Default: the number. */
  readonly format?: (steps: number) => string
}

/** Milliseconds between two plain lines. */
const lineEvery = 5000

/** A bar where `output` is a terminal and the library for it is installed (it is optional), else lines. */
export async function createProgress(
  output: ProgressOutput,
  { inTerminalOnly = false, format = count }: ProgressOptions = {},
): Promise<Progress> {
  if (output.isTTY !== true) return inTerminalOnly ? noProgress : new LineProgress(output, format)
  const library = await import('cli-progress').catch(() => undefined)
  if (library === undefined) return new LineProgress(output, format)
  const make = (layout: string): SingleBar =>
    new library.default.SingleBar(
      {
        format: layout,
        formatValue: (value, _, type) => (type === 'percentage' ? String(value) : format(value)),
        stream: output,
        clearOnComplete: true,
        hideCursor: false,
        barsize: 30,
        fps: 10,
        gracefulExit: false,
      },
      library.default.Presets.shades_classic,
    )
  return new BarProgress(make)
}

const noProgress: Progress = { begin() {}, update() {}, end() {} }

class BarProgress implements Progress {
  readonly #make: (layout: string) => SingleBar
  #bar: SingleBar | undefined

  constructor(make: (layout: string) => SingleBar) {
    this.#make = make
  }

  begin(label: string, total: number | undefined): void {
    this.end()
    const isKnown = total !== undefined
    this.#bar = this.#make(isKnown ? '  {label} {bar} {percentage}% {value}/{total}' : '  {label} {value}')
    this.#bar.start(total ?? Number.MAX_SAFE_INTEGER, 0, { label })
  }

  update(done: number): void {
    this.#bar?.update(done)
  }

  end(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}

class LineProgress implements Progress {
  readonly #output: NodeJS.WritableStream
  readonly #format: (steps: number) => string
  #label = ''
  #total: number | undefined
  #next = Number.POSITIVE_INFINITY

  constructor(output: NodeJS.WritableStream, format: (steps: number) => string) {
    this.#output = output
    this.#format = format
  }

  begin(label: string, total: number | undefined): void {
    this.#label = label
    this.#total = total
    this.#next = performance.now() + lineEvery
  }

  update(done: number): void {
    const now = performance.now()
    if (now < this.#next) return
    this.#next = now + lineEvery
    const of = this.#total === undefined ? '' : ` of ${this.#format(this.#total)}`
    this.#output.write(`${this.#label}: ${this.#format(done)}${of}\n`)
  }

  end(): void {
    this.#next = Number.POSITIVE_INFINITY
  }
}
