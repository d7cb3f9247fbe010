// What an implementation of the log supplies to the books and readers above it.
//
// `LogBook` and `Reader` own everything that is the same wherever a log lives: argument checks,
// bounds, codecs, cancellation, iteration. A backend owns storage and order. Arguments arrive
// checked and normalised, so a backend decides nothing about them.

import type { HandleCounts } from './handle-counts.js'
import type { LogMetrics } from './metrics-types.js'
import type { LogSettings } from './options.js'
import type { Position, PositionState } from './position.js'
import type { AppendGuard, Selected } from './query.js'
import type { BookInfo, Codec, Durability, LogRecord, LogStat, LogStatus, Retention } from './types.js'

/** Number of a book in one log. Known before the book's name has been written to the log. */
export type BookId = number

/** One record to append: bytes and tags are checked; the backend copies them before it returns. */
export interface AppendItem {
  readonly data: Uint8Array
  readonly tags: readonly string[]
}

/**
 * A question about records of a book. Both bounds are inclusive safe integers, 0 <= from; `from > to` asks
 * for nothing.
 */
export interface ScanRequest {
  readonly book: BookId
  readonly selected: Selected
  readonly from: number
  readonly to: number
  readonly reverse: boolean
  /** At most this many records, at least 1. A backend may return fewer and say `more`. */
  readonly limit: number
}

/** What was found, in seqnum order (descending when `reverse`). */
export interface ScanResult<T> {
  readonly records: LogRecord<T>[]
  /**
   * False: nothing that was visible when the scan began is left in the range behind `records`. True only
   * together with at least one record.
   */
  readonly more: boolean
}

/** Which books to list: the first `limit` with the prefix whose names come behind `afterName` ('': any). */
export interface BookQuery {
  readonly prefix: string
  readonly afterName: string
  /** An integer, at least 1. */
  readonly limit: number
}

export interface LogBackend {
  /** How the log was opened: the default durability of this handle, and the limits of the engine. */
  readonly settings: LogSettings
  /** Of this handle: it counts what it has taken, and is told of readers and of what it was never given. */
  readonly counts: HandleCounts

  /** The book's number; registers the name in memory only. Throws when closed. */
  openBook(name: string): BookId

  /**
   * Rejects with a DaybookError that carries `outcome`. The bytes are copied on return; where that fails the
   * call throws, and nothing is taken.
   */
  append(
    book: BookId,
    data: Uint8Array,
    tags: readonly string[],
    durability: Durability,
    guard?: AppendGuard,
  ): Promise<number>
  /** One group: consecutive seqnums, visible at once, all or nothing. `items` is not empty. */
  appendMany(
    book: BookId,
    items: readonly AppendItem[],
    durability: Durability,
    guard?: AppendGuard,
  ): Promise<number[]>
  /** Resolves when less than `maxPendingBytes` is un-acknowledged; at once when that is so. */
  ready(): Promise<void>

  scan<T>(request: ScanRequest, codec: Codec<T> | undefined): Promise<ScanResult<T>>
  scanSync<T>(request: ScanRequest, codec: Codec<T> | undefined): ScanResult<T>
  /** Seqnum of the last visible record that is meant, or -1. */
  tail(book: BookId, selected: Selected): Promise<number>
  tailSync(book: BookId, selected: Selected): number
  /** Seqnum of the book's first visible record with a timestamp >= `time` (ms), else its tail + 1. */
  seqnumAt(book: BookId, time: number): Promise<number>
  /**
   * Records of the book below this seqnum are trimmed; 0 when none is. Never above the seqnum of the book's
   * last record plus 1.
   */
  trimmedBefore(book: BookId): number
  /**
   * Records below this seqnum do not carry the tag any more, as far as entries behind the index of a
   * position, `after`, say so; 0 when none does. Null: the highest such mark of any tag, or more.
   */
  tagTrimmedBefore(book: BookId, tag: string | null, after: number): number
  /**
   * Durable when it resolves. `before` is a safe integer from 0 on, or Infinity; one behind the book's tail
   * means all up to the tail, so that no record appended later is ever trimmed by it. Null: the whole book.
   */
  trim(book: BookId, before: number, tag: string | null): Promise<void>

  /**
   * Keeps a copy of the bytes beside the record, in place of what was kept. Nothing happens if the record is
   * trimmed. Throws if the book has no record at this seqnum or a higher one yet.
   */
  setAux(book: BookId, seqnum: number, bytes: Uint8Array): void

  /** Durable when it resolves. Null: no limit; else at least one is given. */
  retain(book: BookId, retention: Retention | null): Promise<void>

  /**
   * Calls back after records or a trim have become visible (any book), at most once per commit,
   * and once when the log closes or fails. Holding a subscription keeps the process alive.
   * Returns the function that ends it (idempotent).
   */
  watch(changed: () => void): () => void

  /** How far this handle sees the log. Throws when closed. */
  position(): Position
  /** Whether it sees as far as a position of the same log says. Throws when closed. */
  positionState(position: Position): PositionState

  /** Throws (closed, failed) if reads can no longer be served. */
  checkOpen(): void
  /** A failure is its cause. */
  readonly status: LogStatus
}

/** A backend with its life: what one handle of a log is made of. */
export interface LogStore extends LogBackend {
  /** In the order of `compareNames`. */
  listBooks(query: BookQuery): Promise<BookInfo[]>
  stat(): Promise<LogStat>
  metrics(): LogMetrics
  /** Durable when it resolves; behind what this handle has appended before. */
  dropBook(name: string): Promise<void>
  /**
   * Refuses new work, settles what is pending (after `timeoutMs`, which may be Infinity, as unknown), tells
   * those who watch. Idempotent: every call resolves when the handle is closed.
   */
  close(timeoutMs: number): Promise<void>
}
