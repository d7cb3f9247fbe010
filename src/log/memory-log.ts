// The in-memory log: the same interface, errors and limits as a log on disk, for tests of programs that use
// one, and as the model that the others are checked against. It ends with the process.

import type { AppendItem, BookId, BookQuery, LogStore, ScanRequest, ScanResult } from './backend.js'
import { readOptions } from './call-options.js'
import { closedError, invalidArgument } from './errors.js'
import { LogHandle } from './log-handle.js'
import type { MemoryRecord } from './memory-book.js'
import { type EngineSettings, MemoryStore } from './memory-store.js'
import { type LogSettings, limitOptions, openOptions } from './options.js'
import type { Position, PositionState } from './position.js'
import { encodedTagsLength, encodeTags, StoredRecord } from './record.js'
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
import { checkFunction, checkNumber, checkValue } from './validate.js'

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
  now: Date.now,
}

/** One handle on a store. */
class MemoryBackend implements LogStore {
  readonly settings: LogSettings
  readonly #store: MemoryStore
  readonly #watchers = new Set<() => void>()
  #isOpen = true
  /** There is nothing to wait for in memory that would keep the process alive, so this does. */
  #keepAlive: NodeJS.Timeout | undefined

  constructor(store: MemoryStore, durability: Durability, { maxRecordBytes, maxGroupBytes }: EngineSettings) {
    this.#store = store
    this.settings = { durability, maxRecordBytes, maxGroupBytes }
  }

  get status(): LogStatus {
    return { state: this.#isOpen ? 'open' : 'closed' }
  }

  openBook(name: string): BookId {
    this.checkOpen()
    return this.#store.openBook(name)
  }

  append(book: BookId, data: Uint8Array, tags: readonly string[]): Promise<number> {
    return this.appendMany(book, [{ data, tags }]).then(([seqnum]) => seqnum as number)
  }

  appendMany(book: BookId, items: readonly AppendItem[]): Promise<number[]> {
    if (!this.#isOpen) return Promise.reject(closedError('the log is closed', 'notWritten'))
    return this.#store.append(book, items)
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
    return { records: copyOut(found, codec), more }
  }

  async tail(book: BookId, tag: string | null): Promise<number> {
    return this.tailSync(book, tag)
  }

  tailSync(book: BookId, tag: string | null): number {
    this.checkOpen()
    return this.#store.tail(book, tag)
  }

  async seqnumAt(book: BookId, time: number): Promise<number> {
    this.checkOpen()
    return this.#store.seqnumAt(book, time)
  }

  trimmedBefore(book: BookId): number {
    return this.#store.trimmedBefore(book)
  }

  async trim(book: BookId, before: number): Promise<void> {
    this.#checkTakes()
    return this.#store.trim(book, before)
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

  #checkTakes(): void {
    if (!this.#isOpen) throw closedError('the log is closed', 'notWritten')
  }

  /** Nothing in memory takes time: what is pending is settled within the call, whatever the deadline. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#store.leave()
    for (const changed of [...this.#watchers]) changed()
  }
}

/** Records over one slab of their own, so that nothing done to them reaches the store. */
function copyOut<T>(found: readonly MemoryRecord[], codec: Codec<T> | undefined): LogRecord<T>[] {
  const length = found.reduce((sum, { data, tags }) => sum + data.byteLength + encodedTagsLength(tags), 0)
  const slab = Buffer.allocUnsafeSlow(length)
  let position = 0
  return found.map(({ seqnum, timestamp, tags, data }) => {
    const dataStart = position
    slab.set(data, dataStart)
    const tagStart = dataStart + data.byteLength
    position = encodeTags(tags, slab, tagStart)
    return new StoredRecord(codec, seqnum, timestamp, slab, dataStart, data.byteLength, tagStart, tags.length)
  })
}
