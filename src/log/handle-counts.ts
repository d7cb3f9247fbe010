// What one handle counts: what became of its appends, and how far its live readers have come.

import { type ErrorCode, isDaybookError } from './errors.js'
import type { HandleMetrics } from './metrics-types.js'

/** A reader that goes on at the tail. */
export interface LiveReader {
  /** The seqnum that it goes on from; null while it waits at the tail. */
  readonly place: number | null
}

export class HandleCounts {
  /** Of appends that were acknowledged. */
  records = 0
  /** Data and tags of them. */
  bytes = 0
  readonly #rejected = new Map<ErrorCode, number>()
  /** Weak: a reader that is dropped without an end is not kept by being counted. */
  readonly #readers = new Set<WeakRef<LiveReader>>()

  /** An append or group has been refused or has failed. Errors that are not of the log do not count. */
  reject(error: unknown): void {
    if (!isDaybookError(error)) return
    this.#rejected.set(error.code, (this.#rejected.get(error.code) ?? 0) + 1)
  }

  /** Returns the function that ends it. */
  addReader(reader: LiveReader): () => void {
    const reference = new WeakRef(reader)
    this.#readers.add(reference)
    return () => this.#readers.delete(reference)
  }

  read(pending: HandleMetrics['pending'], nextSeqnum: number): HandleMetrics {
    const { records, bytes } = this
    const rejected = Object.fromEntries(this.#rejected)
    return { appends: { records, bytes, rejected }, pending, liveReaders: this.#readLiveReaders(nextSeqnum) }
  }

  #readLiveReaders(nextSeqnum: number): HandleMetrics['liveReaders'] {
    let waiting = 0
    let lag = 0
    for (const reference of this.#readers) {
      const reader = reference.deref()
      if (reader === undefined) {
        this.#readers.delete(reference)
      } else if (reader.place === null) {
        waiting++
      } else {
        lag = Math.max(lag, nextSeqnum - reader.place)
      }
    }
    return { count: this.#readers.size, waiting, lag }
  }
}
