// The work behind a reader: scans the range batch by batch, waits at the tail if it is live, and notices
// trims, aborts and the end of the log.

import type { BookId, LogBackend, ScanResult } from './backend.js'
import type { ReadArguments } from './call-options.js'
import { untilAborted } from './cancellation.js'
import type { DaybookError } from './errors.js'
import { MissedTrims } from './missed-trims.js'
import { fixedLimits, readerBatch } from './options.js'
import { positionText } from './position.js'
import { reachPosition } from './reach-position.js'
import type { Codec, LogRecord } from './types.js'

export class ReaderScan<T> {
  readonly #backend: LogBackend
  readonly #book: BookId
  readonly #codec: Codec<T> | undefined
  readonly #args: ReadArguments
  /** What is left to read, both inclusive: all outside has been handed out or is not asked for. */
  #lower: number
  #upper: number
  #left: number
  /** Undefined where what is trimmed counts as absent. */
  readonly #missedTrims: MissedTrims | undefined
  #batch: number = readerBatch.recordsFirst
  /** Whether the last scan left something behind: false only at the end of the range or at the tail. */
  #more = true
  #bounded: boolean
  #caughtUp = false
  /** Of the view that the last scan saw, or of an older one: told when the reader has caught up. */
  #position = ''
  #fresh = false
  #ended = false
  /** Found after records that come before it in the order of reading. */
  #failure: DaybookError | undefined
  #wake: () => void = nothing
  #waits = false
  /** Ends being counted as a live reader. */
  #uncount: () => void = nothing

  constructor(backend: LogBackend, book: BookId, codec: Codec<T> | undefined, args: ReadArguments) {
    this.#backend = backend
    this.#book = book
    this.#codec = codec
    this.#args = args
    this.#lower = args.lower
    this.#upper = args.upper
    this.#left = args.limit
    this.#missedTrims = args.onTrim === 'error' ? new MissedTrims(backend, book, args.selected) : undefined
    this.#bounded = args.live || args.reverse
  }

  /** Records at hand are not to be handed out any more: the reader was aborted or has ended. */
  get interrupted(): boolean {
    return this.#ended || this.#args.signal?.aborted === true
  }

  /** Ends the reader. A `pull` that waits resolves to null. Idempotent. */
  end(): void {
    this.#finish()
    this.#wake()
  }

  /** Where a live reader goes on; null while it waits at the tail. */
  get place(): number | null {
    return this.#waits ? null : this.#lower
  }

  #finish(): void {
    this.#ended = true
    this.#uncount()
  }

  /** The next records, at least one; null at the end. After it has rejected the reader has ended. */
  async pull(): Promise<LogRecord<T>[] | null> {
    if (this.#ended) return null
    try {
      this.#args.signal?.throwIfAborted()
      if (!this.#fresh) await this.#freshen()
      const records = await this.#nextRecords()
      if (records === null || this.#ended) {
        this.#finish()
        return null
      }
      return records
    } catch (error) {
      this.#finish()
      throw error
    }
  }

  /** Waits until the view is as new as the reader was told. */
  async #freshen(): Promise<void> {
    if (this.#args.live) this.#uncount = this.#backend.counts.addReader(this)
    const stop = new AbortController()
    const reached = reachPosition(this.#backend, this.#args.atLeast, stop.signal)
    this.#fresh = true
    if (reached === undefined) return
    this.#wakeBy(() => stop.abort())
    try {
      await this.#untilAborted(reached)
    } catch (error) {
      if (!this.#ended) throw error
    } finally {
      this.#wake = nothing
      stop.abort()
    }
  }

  async #nextRecords(): Promise<LogRecord<T>[] | null> {
    if (this.#isDone) return null
    if (this.#more) {
      const records = await this.#scan()
      if (records.length > 0) return records
    }
    if (this.#failure !== undefined) throw this.#failure
    return this.#args.live ? this.#follow() : null
  }

  get #isDone(): boolean {
    return this.#left === 0 || this.#lower > this.#upper
  }

  /** At the tail: waits for records, without a gap between looking and waiting. */
  async #follow(): Promise<LogRecord<T>[] | null> {
    this.#sayCaughtUp()
    let changed = false
    const unwatch = this.#backend.watch(() => {
      changed = true
      this.#wake()
    })
    try {
      while (!this.#ended) {
        changed = false
        const reached = this.#mustKnowReached ? await this.#reached() : -1
        const records = await this.#scan()
        if (records.length > 0) return records
        this.#lower = Math.max(this.#lower, reached + 1)
        if (this.#lower > this.#upper) return null
        if (!changed && !this.#ended) await this.#wait()
      }
      return null
    } finally {
      this.#wake = nothing
      unwatch()
    }
  }

  async #wait(): Promise<void> {
    this.#waits = true
    try {
      await this.#untilAborted(new Promise<void>((wake) => this.#wakeBy(wake)))
    } finally {
      this.#waits = false
    }
  }

  #wakeBy(wake: () => void): void {
    this.#wake = wake
  }

  #sayCaughtUp(): void {
    if (this.#caughtUp) return
    this.#caughtUp = true
    this.#args.onCaughtUp?.(this.#position)
  }

  /** Only an upper bound to end at, or trims that may have been missed, make the look worth its while. */
  get #mustKnowReached(): boolean {
    return this.#args.upper !== fixedLimits.seqnumMax.value || this.#missedTrims !== undefined
  }

  /** How far the book goes: a scan that is begun after this and finds nothing has seen all up to here. */
  async #reached(): Promise<number> {
    const trimmed = this.#backend.trimmedBefore(this.#book)
    return Math.max(await this.#untilAborted(this.#backend.tail(this.#book, null)), trimmed - 1)
  }

  async #scan(): Promise<LogRecord<T>[]> {
    const { selected, reverse } = this.#args
    const limit = Math.min(this.#batch, this.#left)
    if (!this.#caughtUp && this.#args.onCaughtUp !== undefined) {
      this.#position = positionText(this.#backend.position())
    }
    const request = { book: this.#book, selected, from: this.#lower, to: this.#upper, reverse, limit }
    const result = await this.#untilAborted(this.#backend.scan(request, this.#codec))
    this.#noticeTrim(result)
    this.#advance(result, limit)
    if (this.#more && !this.#bounded) await this.#boundByTail()
    return result.records
  }

  #advance(result: ScanResult<T>, limit: number): void {
    const { records } = result
    const last = records[records.length - 1]
    if (last !== undefined) {
      if (this.#args.reverse) this.#upper = last.seqnum - 1
      else this.#lower = last.seqnum + 1
    }
    this.#left -= records.length
    this.#more = result.more
    if (records.length === limit) this.#batch = Math.min(this.#batch * 2, readerBatch.recordsMax)
  }

  /** A reader that is not live must end, however fast others append. */
  async #boundByTail(): Promise<void> {
    this.#bounded = true
    this.#upper = Math.min(this.#upper, await this.#reached())
  }

  #noticeTrim(result: ScanResult<T>): void {
    const { reverse } = this.#args
    const left = { lower: this.#lower, upper: this.#upper, reverse }
    const failure = this.#missedTrims?.find(left, result)
    if (failure !== undefined && (!reverse || result.more)) throw failure
    this.#failure = failure
  }

  #untilAborted<R>(work: Promise<R>): Promise<R> {
    const { signal } = this.#args
    return signal === undefined ? work : untilAborted(work, signal)
  }
}

function nothing(): void {}
