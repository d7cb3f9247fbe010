// Writes text to standard output, and no faster than it is read at the other end.

import { once } from 'node:events'
import type { Output } from './context.js'

/** Text that is gathered before it is written. */
const gathered = 64 * 1024

export class TextWriter {
  readonly #output: Output
  readonly #signal: AbortSignal
  #pieces: (string | Uint8Array)[] = []
  #size = 0

  /** The signal ends the waiting for a reader that does not read. */
  constructor(output: Output, signal: AbortSignal) {
    this.#output = output
    this.#signal = signal
  }

  /** True: the text should be flushed before more is added. */
  add(...pieces: (string | Uint8Array)[]): boolean {
    for (const piece of pieces) {
      this.#pieces.push(piece)
      this.#size += piece.length
    }
    return this.#size >= gathered
  }

  /** Resolves when there is room for more. @throws the signal's reason if that aborts */
  async flush(): Promise<void> {
    this.#signal.throwIfAborted()
    if (this.#size === 0) return
    const pieces = this.#pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
    this.#pieces = []
    this.#size = 0
    if (this.#output.write(Buffer.concat(pieces))) return
    await once(this.#output as NodeJS.EventEmitter, 'drain', { signal: this.#signal }).catch(
      (error: unknown) => {
        this.#signal.throwIfAborted()
        throw error
      },
    )
  }
}
