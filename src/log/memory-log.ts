// The in-memory log: the same interface, errors and limits as a log on disk, for tests of programs that use
// one, and as the model that the others are checked against. It ends with the process.

import type { AppendItem, BookId, BookQuery, LogStore, ScanRequest, ScanResult } from './backend.js'
import { readOptions } from './call-options.js'
import { closedError, invalidArgument } from './errors.js'
import { HandleCounts } from './handle-counts.js'
import { LogHandle } from './log-handle.js'
import type { MemoryRecord } from './memory-book.js'
import { type EngineSettings, MemoryStore } from './memory-store.js'
import type { LogMetrics } from './metrics-types.js'
import { LogObserver } from './observer.js'
import { type LogSettings, limitOptions, openOptions } from './options.js'
import type { Position, PositionState } from './position.js'
import type { AppendGuard, Selected } from './query.js'
import { type AuxSource, encodedTagsLength, encodeTags, StoredRecord } from './record.js'
import type {
  BookInfo,
  Codec,
  Durability,
  EmbeddedLog,
  LogRecord,
  LogStat,
  LogStatus,
  Retention,
} from './types.js'
import { checkFunction, checkNumber, checkValue, tagBytes } from './validate.js'

/** Options of `openMemory`. */
export interface MemoryOptions {
  /** Accepted as by `open`; here it makes no difference. Default: `'disk'`. */
  readonly durability?: Durability | undefined
  /** As for `open`. */
  readonly maxPendingBytes?: number | undefined
  /** As for `open`. */
  readonly maxRecordBytes?: number | undefined
  /** As for `open`. */
  readonly maxGroupBytes?: number | undefined
  /** As for `open`. */
  readonly auxBytes?: number | undefined
  /** The clock: milliseconds since 1970. Must not throw; time stamps never go back even if it does. */
  readonly now?: (() => number) | undefined
  /** What to open; default: a new, empty store. */
  readonly store?: MemoryStore | undefined
}

/** Opens a log that lives in memory. Records become visible at the end of the turn that appended them. */
export async function openMemory(options?: MemoryOptions): Promise<EmbeddedLog> {
  const given = readOptions('openMemory', options, [
    'durability',
    'maxPendingBytes',
    'maxRecordBytes',
    'maxGroupBytes',
    'auxBytes',
    'now',
    'store',
  ])
  const { durability = openOptions.durability.default, store = new MemoryStore() } = given
  if (!(store instanceof MemoryStore)) throw invalidArgument('store must be a MemoryStore')
  const wanted: { -readonly [K in keyof EngineSettings]?: EngineSettings[K] } = {}
  for (const name of Object.keys(limitOptions) as (keyof typeof limitOptions)[]) {
    if (given[name] !== undefined) wanted[name] = checkNumber(name, given[name], limitOptions[name])
  }
  if (given.now !== undefined) wanted.now = checkFunction('now', given.now) as () => number
  const checked = checkValue('durability', durability, openOptions.durability.values)
  return new LogHandle(new MemoryBackend(store, checked, store.join(wanted, defaults)))
}

const defaults: EngineSettings = {
  maxPendingBytes: limitOptions.maxPendingBytes.default,
  maxRecordBytes: limitOptions.maxRecordBytes.default,
  maxGroupBytes: limitOptions.maxGroupBytes.default,
  auxBytes: limitOptions.auxBytes.default,
  now: Date.now,
}

/** One handle on a store. */
class MemoryBackend implements LogStore {
  readonly settings: LogSettings
  readonly counts = new HandleCounts()
  readonly #observer = new LogObserver(null)
  readonly #pending = { records: 0, bytes: 0 }
  readonly #store: MemoryStore
  readonly #watchers = new Set<() => void>()
  #isOpen = true
  /** There is nothing to wait for in memory that would keep the process alive, so this does. */
  #keepAlive: NodeJS.Timeout | undefined

  constructor(store: MemoryStore, durability: Durability, { maxRecordBytes, maxGroupBytes }: EngineSettings) {
    this.#store = store
    this.settings = { durability, maxRecordBytes, maxGroupBytes }
    this.#observer.opened({ state: 'open', first: store.handles === 1, duration: 0 })
  }

  get status(): LogStatus {
    return { state: this.#isOpen ? 'open' : 'closed' }
  }

  openBook(name: string): BookId {
    this.checkOpen()
    return this.#store.openBook(name)
  }

  append(
    book: BookId,
    data: Uint8Array,
    tags: readonly string[],
    durability: Durability,
    guard?: AppendGuard,
  ): Promise<number> {
    return this.appendMany(book, [{ data, tags }], durability, guard).then(([seqnum]) => seqnum as number)
  }

  appendMany(
    book: BookId,
    items: readonly AppendItem[],
    _: Durability,
    guard?: AppendGuard,
  ): Promise<number[]> {
    if (!this.#isOpen) return this.#refuse(closedError('the log is closed', 'notWritten'))
    const appended = this.#store.append(book, items, guard)
    const records = items.length
    let bytes = 0
    for (const { data, tags } of items) bytes += data.byteLength + tagBytes(tags)
    this.#pending.records += records
    this.#pending.bytes += bytes
    const settled = () => {
      this.#pending.records -= records
      this.#pending.bytes -= bytes
    }
    return appended.then(
      (seqnums) => {
        settled()
        this.counts.records += records
        this.counts.bytes += bytes
        this.#observer.committed(records, seqnums[0] as number)
        return seqnums
      },
      (error: unknown) => {
        settled()
        return this.#refuse(error)
      },
    )
  }

  #refuse(error: unknown): Promise<never> {
    this.counts.reject(error)
    return Promise.reject(error)
  }

  async ready(): Promise<void> {
    this.checkOpen()
    return this.#store.ready()
  }

  async scan<T>(request: ScanRequest, codec: Codec<T> | undefined): Promise<ScanResult<T>> {
    return this.scanSync(request, codec)
  }

  scanSync<T>(request: ScanRequest, codec: Codec<T> | undefined): ScanResult<T> {
    this.checkOpen()
    const { found, more } = this.#store.scan(request)
    return { records: copyOut(found, codec, this.#auxOf(request.book)), more }
  }

  async tail(book: BookId, selected: Selected): Promise<number> {
    return this.tailSync(book, selected)
  }

  tailSync(book: BookId, selected: Selected): number {
    this.checkOpen()
    return this.#store.tail(book, selected)
  }

  async seqnumAt(book: BookId, time: number): Promise<number> {
    this.checkOpen()
    return this.#store.seqnumAt(book, time)
  }

  trimmedBefore(book: BookId): number {
    return this.#store.trimmedBefore(book)
  }

  setAux(book: BookId, seqnum: number, bytes: Uint8Array): void {
    this.checkOpen()
    this.#store.setAux(book, seqnum, bytes)
  }

  tagTrimmedBefore(book: BookId, tag: string | null, after: number): number {
    return this.#store.tagTrimmedBefore(book, tag, after)
  }

  async trim(book: BookId, before: number, tag: string | null): Promise<void> {
    this.#checkTakes()
    return this.#store.trim(book, before, tag)
  }

  async retain(book: BookId, retention: Retention | null): Promise<void> {
    this.#checkTakes()
    return this.#store.retain(book, retention)
  }

  async listBooks(query: BookQuery): Promise<BookInfo[]> {
    this.checkOpen()
    return this.#store.listBooks(query)
  }

  async dropBook(name: string): Promise<void> {
    this.#checkTakes()
    return this.#store.dropBook(name)
  }

  async stat(): Promise<LogStat> {
    return this.#store.stat()
  }

  metrics(): LogMetrics {
    return this.#store.metrics((nextSeqnum) => this.counts.read({ ...this.#pending }, nextSeqnum))
  }

  position(): Position {
    this.checkOpen()
    return this.#store.position()
  }

  positionState({ term, index }: Position): PositionState {
    const seen = this.position()
    if (term > seen.term) return 'later'
    return index <= seen.index ? 'reached' : 'ahead'
  }

  watch(changed: () => void): () => void {
    const unwatch = this.#store.watch(changed)
    this.#watchers.add(changed)
    this.#keepAlive ??= setInterval(() => {}, 2 ** 30)
    return () => {
      unwatch()
      this.#watchers.delete(changed)
      if (this.#watchers.size > 0) return
      clearInterval(this.#keepAlive)
      this.#keepAlive = undefined
    }
  }

  checkOpen(): void {
    if (!this.#isOpen) throw closedError()
  }

  /** For the records of a book: it finds nothing any more once the handle is closed. */
  #auxOf(book: BookId): AuxSource {
    return { auxOf: (seqnum) => (this.#isOpen ? this.#store.auxOf(book, seqnum) : undefined) }
  }

  #checkTakes(): void {
    if (!this.#isOpen) throw closedError('the log is closed', 'notWritten')
  }

  /** Nothing in memory takes time: what is pending is settled within the call, whatever the deadline. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#store.leave()
    for (const changed of [...this.#watchers]) changed()
    this.#observer.closed({})
  }
}

/** Records over one slab of their own, so that nothing done to them reaches the store. */
function copyOut<T>(
  found: readonly MemoryRecord[],
  codec: Codec<T> | undefined,
  aux: AuxSource,
): LogRecord<T>[] {
  const length = found.reduce((sum, { data, tags }) => sum + data.byteLength + encodedTagsLength(tags), 0)
  const slab = Buffer.allocUnsafeSlow(length)
  let position = 0
  return found.map(({ seqnum, timestamp, tags, data }) => {
    const dataStart = position
    slab.set(data, dataStart)
    const tagStart = dataStart + data.byteLength
    position = encodeTags(tags, slab, tagStart)
    const { byteLength } = data
    return new StoredRecord(codec, seqnum, timestamp, slab, dataStart, byteLength, tagStart, tags.length, aux)
  })
}
