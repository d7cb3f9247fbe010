// The reads of one handle: those that are answered at once, and those that wait on another thread.

import type { BookId, ScanRequest } from '../log/backend.js'
import { closedError } from '../log/errors.js'
import type { Selected } from '../log/query.js'
import { type NativeAddon, type NativeHandle, type ReadAnswer, readReverse } from './addon.js'
import { errorFromNative } from './native-error.js'
import type { ReadMemory } from './read-memory.js'
import { nativeSelector } from './selector-codec.js'

/** A read that waits for its answer. */
interface OpenRead {
  readonly answer: (bytes: Buffer, index: Float64Array) => void
  readonly reject: (error: unknown) => void
}

export class ReadChannel {
  readonly #addon: NativeAddon
  readonly #handle: NativeHandle
  readonly #memory: ReadMemory
  readonly #open = new Map<number, OpenRead>()
  #next = 1

  constructor(addon: NativeAddon, handle: NativeHandle, memory: ReadMemory) {
    this.#addon = addon
    this.#handle = handle
    this.#memory = memory
  }

  /** How many wait for their answer. */
  get size(): number {
    return this.#open.size
  }

  /**
   * Reads into the memory. `mayWait` is readMayWait or 0; false: the disk would be needed and it does not
   * allow that.
   */
  read(request: ScanRequest, mayWait: number): boolean {
    const { book, from, to, limit } = request
    const selector = nativeSelector(request.selected)
    const flags = (request.reverse ? readReverse : 0) | mayWait
    const addon = this.#addon
    while (true) {
      const offset = this.#memory.offsetFor(limit)
      const failure = addon.recordsRead(this.#handle, book, selector, from, to, flags, limit, offset)
      if (failure === undefined) return false
      if (failure !== null) throw errorFromNative(failure)
      if (this.#memory.needed === 0) return true
      this.#memory.grow()
    }
  }

  /** The same on a thread that may wait; `kind` is readAtTime or 0. `read` takes the answer apart. */
  ask<R>(request: ScanRequest, read: (bytes: Buffer, index: Float64Array) => R, kind: number): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const id = this.#next++
      this.#open.set(id, { answer: (bytes, index) => resolve(read(bytes, index)), reject })
      const { book, from, to, limit } = request
      const selector = nativeSelector(request.selected)
      const flags = (request.reverse ? readReverse : 0) | kind
      this.#addon.recordsAsk(this.#handle, id, book, selector, from, to, flags, limit)
    })
  }

  answer([id, failure, bytes, index]: ReadAnswer): void {
    const read = this.#open.get(id)
    if (read === undefined) return
    this.#open.delete(id)
    if (failure === null) read.answer(bytes, index)
    else read.reject(errorFromNative(failure))
  }

  /** Those that wait get no answer any more. */
  giveUp(): void {
    for (const read of this.#open.values()) read.reject(closedError())
    this.#open.clear()
  }
}

/** A question for the last record that is meant. */
export function lastOf(book: BookId, selected: Selected): ScanRequest {
  return { book, selected, from: 0, to: Number.MAX_SAFE_INTEGER, reverse: true, limit: 1 }
}
