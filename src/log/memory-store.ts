// The memory of in-memory logs: books, their order, and the commits that make records visible. It is the
// reference that other logs are compared with, so it does everything in the plainest way.

import { randomBytes } from 'node:crypto'
import type { AppendItem, BookId, BookQuery, ScanRequest } from './backend.js'
import { compareNames } from './book-names.js'
import { byteLengthOf } from './byte-length.js'
import { conflictError, errorFromCode, invalidArgument, outOfRange } from './errors.js'
import { HistogramCounter } from './histogram.js'
import { MemoryAux } from './memory-aux.js'
import { MemoryBook, type MemoryRecord } from './memory-book.js'
import { MemoryKeys } from './memory-keys.js'
import type { HandleMetrics, LogMetrics } from './metrics-types.js'
import type { Position } from './position.js'
import type { AppendGuard, CheckedCondition, Selected } from './query.js'
import type { BookInfo, LogStat, Retention } from './types.js'
import { tagBytes } from './validate.js'

/** What handles of one store share. */
export interface EngineSettings {
  readonly maxPendingBytes: number
  readonly maxRecordBytes: number
  readonly maxGroupBytes: number
  readonly auxBytes: number
  readonly now: () => number
}

/** A scan hands out at most this many bytes, or one record. */
const scanBytesMax = 4 * 1024 * 1024

/** Something that the next commit carries out. */
interface Pending {
  /** Changes the store. Runs at its place in the order, with the time of the commit. */
  readonly apply: (timestamp: number) => void
  /** Tells the caller, when the whole commit is visible. */
  readonly settle: () => void
}

/**
 * Outlives the logs that are opened on it, as a directory does: `openMemory({ store })` twice gives two
 * handles of one log, and opening it after closing it finds what was there.
 */
export class MemoryStore {
  readonly #books: MemoryBook[] = []
  readonly #bookIds = new Map<string, BookId>()
  /** Books that have been told what to keep. */
  readonly #retaining = new Set<MemoryBook>()
  readonly #keys = new MemoryKeys()
  readonly #aux = new MemoryAux()
  readonly #commits = { records: new HistogramCounter(), bytes: new HistogramCounter() }
  #readRecords = 0
  readonly #incarnation = randomBytes(8).toString('hex')
  #commitCount = 0
  #nextSeqnum = 0
  #timestamp = 0

  #settings: EngineSettings | undefined
  #handles = 0
  #pending: Pending[] = []
  #pendingBytes = 0
  #room: (() => void)[] = []
  #commitAt: NodeJS.Immediate | undefined
  readonly #watchers = new Set<() => void>()

  /** @internal A handle more. The first one settles what all of them share. */
  join(wanted: Partial<EngineSettings>, defaults: EngineSettings): EngineSettings {
    const settings = this.#settings ?? { ...defaults, ...wanted }
    for (const name of Object.keys(wanted) as (keyof EngineSettings)[]) {
      if (wanted[name] !== settings[name]) throw invalidArgument(`${name} differs from that of the open log`)
    }
    this.#settings = settings
    this.#handles++
    return settings
  }

  /** @internal */
  get handles(): number {
    return this.#handles
  }

  /** @internal A handle less; what was pending has been committed. */
  leave(): void {
    this.commit()
    this.#handles--
    if (this.#handles > 0) return
    this.#settings = undefined
    this.#aux.clear()
  }

  /** @internal */
  openBook(name: string): BookId {
    let id = this.#bookIds.get(name)
    if (id === undefined) {
      const forget = (book: MemoryBook, before: number) => this.#aux.forget(book, before)
      id = this.#books.push(new MemoryBook(name, forget)) - 1
      this.#bookIds.set(name, id)
    }
    return id
  }

  /** @internal Copies the items. Takes them whole, or rejects as overloaded. */
  append(id: BookId, items: readonly AppendItem[], guard?: AppendGuard): Promise<number[]> {
    const { maxPendingBytes } = this.#engine
    if (this.#pendingBytes >= maxPendingBytes) {
      const message = `maxPendingBytes (${maxPendingBytes}) of appends are not acknowledged yet`
      return Promise.reject(errorFromCode('ERR_DAYBOOK_OVERLOADED', message, { outcome: 'notWritten' }))
    }
    const copies = items.map(({ data, tags }) => ({ data: copyOf(data), tags: [...tags] }))
    for (const { data, tags } of copies) this.#pendingBytes += data.byteLength + tagBytes(tags)
    return new Promise((resolve, reject) => {
      let settle: () => void
      this.#enqueue({
        apply: (timestamp) => {
          const verdict = this.#judge(id, copies.length, timestamp, guard)
          // What is void keeps its seqnums, as it does in every log.
          const first = this.#nextSeqnum
          this.#nextSeqnum += copies.length
          settle = verdict instanceof Error ? () => reject(verdict) : () => resolve(verdict)
          if (verdict instanceof Error || verdict[0] !== first) return
          copies.forEach(({ data, tags }, i) => {
            this.#book(id).add({ seqnum: first + i, timestamp, tags, data })
          })
        },
        settle: () => settle(),
      })
    })
  }

  /** The seqnums that a group gets, or had already; or why it is void. */
  #judge(id: BookId, records: number, timestamp: number, guard: AppendGuard | undefined): number[] | Error {
    let first = this.#nextSeqnum
    let count = records
    if (guard?.key !== undefined) {
      const remembered = this.#keys.find(id, guard.key, timestamp)
      if (remembered !== undefined) [first, count] = [remembered.seqnum, remembered.records]
    }
    if (first === this.#nextSeqnum && guard !== undefined) {
      const conflicts = this.#conflicts(id, guard.conditions)
      if (conflicts.length > 0) return conflictError(conflicts)
      if (guard.key !== undefined) this.#keys.remember(id, guard.key, { seqnum: first, timestamp, records })
    }
    return Array.from({ length: count }, (_, i) => first + i)
  }

  #conflicts(id: BookId, conditions: readonly CheckedCondition[]): { index: number; actual: number }[] {
    return conditions
      .map(({ selected, after }, index) => ({ index, after, actual: this.tail(id, selected) }))
      .filter(({ after, actual }) => actual > after)
      .map(({ index, actual }) => ({ index, actual }))
  }

  /** @internal */
  trim(id: BookId, before: number, tag: string | null): Promise<void> {
    return this.#change(() => {
      const book = this.#book(id)
      if (tag === null) book.trim(before)
      else book.trimTag(tag, before, this.#commitCount)
    })
  }

  /** @internal */
  setAux(id: BookId, seqnum: number, bytes: Uint8Array): void {
    const book = this.#book(id)
    if (seqnum > book.lastSeqnum) {
      throw outOfRange(`the book has no record at seqnum ${seqnum} yet, nor behind it`)
    }
    const copy = copyOf(bytes)
    if (seqnum >= book.trimmedBefore) this.#aux.set(book, seqnum, copy, this.#engine.auxBytes)
  }

  /** @internal A copy. */
  auxOf(id: BookId, seqnum: number): Uint8Array | undefined {
    const found = this.#aux.get(this.#book(id), seqnum)
    return found === undefined ? undefined : copyOf(found)
  }

  /** @internal */
  retain(id: BookId, retention: Retention | null): Promise<void> {
    return this.#change(() => {
      const book = this.#book(id)
      book.retain(retention)
      this.#retaining.add(book)
    })
  }

  /** @internal */
  dropBook(name: string): Promise<void> {
    const id = this.#bookIds.get(name)
    return id === undefined
      ? Promise.resolve()
      : this.#change(() => {
          this.#book(id).drop()
          this.#keys.forgetBook(id)
        })
  }

  /** @internal */
  listBooks({ prefix, afterName, limit }: BookQuery): BookInfo[] {
    return this.#books
      .filter(({ exists, name }) => exists && name.startsWith(prefix) && compareNames(name, afterName) > 0)
      .sort((one, other) => compareNames(one.name, other.name))
      .slice(0, limit)
      .map((book) => book.info)
  }

  /** @internal There are no files, and all of it is flushed as well as it ever will be. */
  stat(): LogStat {
    const books = this.#books.filter((book) => book.exists).map((book) => book.info)
    const bytes = books.reduce((sum, book) => sum + book.bytes, 0)
    return {
      books: books.length,
      records: books.reduce((sum, book) => sum + book.records, 0),
      nextSeqnum: this.#nextSeqnum,
      durableSeqnum: this.#nextSeqnum,
      bytes: 0,
      reclaimableBytes: 0,
      reserveBytes: 0,
      segments: [],
      index: { runs: 0, bytes: 0 },
      checkpoints: { count: 0, bytes: 0 },
      memory: { index: 0, cache: bytes },
    }
  }

  /** @internal Nothing takes time, and all of it is in memory. */
  metrics(handle: (nextSeqnum: number) => HandleMetrics): LogMetrics {
    const none = new HistogramCounter().read()
    const { records, bytes } = this.#commits
    return {
      nextSeqnum: this.#nextSeqnum,
      durableSeqnum: this.#nextSeqnum,
      unflushed: 0,
      handle: handle(this.#nextSeqnum),
      commits: { records: records.read(), bytes: bytes.read(), latency: none, failed: 0 },
      flushes: { latency: none },
      reads: { hot: this.#readRecords, warm: 0, cold: 0 },
      blockCache: { hits: 0, misses: 0, bytes: 0 },
      aux: this.#aux.metrics,
      maintenance: { runs: 0, merges: 0, checkpoints: 0, reclaimed: 0 },
    }
  }

  /** @internal */
  ready(): Promise<void> {
    if (this.#pendingBytes < this.#engine.maxPendingBytes) return Promise.resolve()
    return new Promise((resolve) => {
      this.#room.push(resolve)
    })
  }

  /** @internal Makes all that is pending visible at once, with one time stamp. */
  commit(): void {
    if (this.#commitAt === undefined) return
    clearImmediate(this.#commitAt)
    this.#commitAt = undefined
    const pending = this.#pending
    const room = this.#room
    const begin = this.#nextSeqnum
    const bytes = this.#pendingBytes
    this.#pending = []
    this.#pendingBytes = 0
    this.#room = []

    const now = Math.floor(this.#engine.now())
    if (now > this.#timestamp) this.#timestamp = now
    this.#commitCount++
    for (const { apply } of pending) apply(this.#timestamp)
    for (const book of this.#retaining) book.applyRetention(this.#timestamp)
    this.#commits.records.record(this.#nextSeqnum - begin)
    this.#commits.bytes.record(bytes)
    for (const { settle } of pending) settle()
    for (const resolve of room) resolve()
    for (const changed of [...this.#watchers]) changed()
  }

  /** @internal The visible records that answer the request, and whether there are more. */
  scan({ book, selected, from, to, reverse, limit }: ScanRequest): { found: MemoryRecord[]; more: boolean } {
    const stream = this.#book(book).select(selected)
    const step = reverse ? -1 : 1
    const end = reverse ? firstFrom(stream, from) - 1 : firstFrom(stream, to + 1)
    const found: MemoryRecord[] = []
    let bytes = 0
    let index = reverse ? firstFrom(stream, to + 1) - 1 : firstFrom(stream, from)
    while ((end - index) * step > 0) {
      const record = stream[index] as MemoryRecord
      bytes += record.data.byteLength
      if (found.length === limit || (found.length > 0 && bytes > scanBytesMax)) return { found, more: true }
      found.push(record)
      this.#readRecords++
      index += step
    }
    return { found, more: false }
  }

  /** @internal */
  tail(id: BookId, selected: Selected): number {
    return this.#book(id).select(selected).at(-1)?.seqnum ?? -1
  }

  /** @internal */
  seqnumAt(id: BookId, time: number): number {
    const first = this.#book(id)
      .stream(null)
      .find((record) => record.timestamp >= time)
    return first?.seqnum ?? this.tail(id, null) + 1
  }

  /** @internal */
  tagTrimmedBefore(id: BookId, tag: string | null, after: number): number {
    return this.#book(id).tagTrimmedBefore(tag, after)
  }

  /** @internal */
  trimmedBefore(id: BookId): number {
    return this.#book(id).trimmedBefore
  }

  /** @internal Nothing is ever lost, so all openings are one term. */
  position(): Position {
    return { incarnation: this.#incarnation, term: 1, index: this.#commitCount }
  }

  /** @internal Calls back after each commit until the returned function is called. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed)
    return () => {
      this.#watchers.delete(changed)
    }
  }

  #change(apply: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#enqueue({ apply, settle: resolve })
    })
  }

  #enqueue(pending: Pending): void {
    this.#pending.push(pending)
    // Whatever else this turn appends comes into the same commit.
    this.#commitAt ??= setImmediate(() => this.commit())
  }

  #book(id: BookId): MemoryBook {
    return this.#books[id] as MemoryBook
  }

  get #engine(): EngineSettings {
    return this.#settings as EngineSettings
  }
}

/** Throws if the buffer behind the view has gone. */
function copyOf(data: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(byteLengthOf(data))
  own.set(data)
  return own
}

/** Index of the first record with this seqnum or a higher one. */
function firstFrom(stream: readonly MemoryRecord[], seqnum: number): number {
  let low = 0
  let high = stream.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((stream[middle] as MemoryRecord).seqnum < seqnum) low = middle + 1
    else high = middle
  }
  return low
}
