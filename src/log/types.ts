// The public types of a log: what programs see of it, wherever it lives. No code here.

import type { Readable, Writable } from 'node:stream'
import type { Cancellation, Durability } from './common-types.js'
import type { LogMetrics } from './metrics-types.js'
import type { Guard, Selector } from './selection-types.js'
import type { ReadableOptions, WritableOptions } from './stream-types.js'

export type { Cancellation, Durability } from './common-types.js'
export type { AllOf, AnyOf, Condition, Guard, Query, Selector } from './selection-types.js'
export type { ReadableOptions, WritableOptions } from './stream-types.js'

declare global {
  // Programs that compile without the `esnext.disposable` library still get usable types.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>
  }
}

/**
 * Turns values into bytes and back.
 *
 * `encode` runs inside the append call. The bytes that it returns must stay as they are until that call
 * has returned: within one `appendMany` a codec may not reuse the memory of an earlier item.
 * `decode` runs on the first access to `record.value`; the bytes belong to the log and must not be changed.
 */
export interface Codec<T> {
  /** Bytes for a value. What it throws makes the append fail with ERR_DAYBOOK_INVALID_ARG. */
  encode(value: T): Uint8Array
  /** The value again. What it throws becomes the `cause` of ERR_DAYBOOK_DECODE. */
  decode(data: Uint8Array): T
}

/**
 * One immutable record of a book. All but `seqnum` and `timestamp` is made on first access, by getters that
 * are not its own properties: `JSON.stringify(record)` and `{ ...record }` give these two alone.
 */
export interface LogRecord<T> {
  /** Place in the total order of the log: a safe integer from 0 on. */
  readonly seqnum: number
  /** Milliseconds since 1970, stamped when the record was ordered; never goes back along the log. */
  readonly timestamp: number
  /** In the order given to the append, without duplicates. */
  readonly tags: readonly string[]
  /**
   * The bytes: a view of memory that all records of one read share, and that the log never changes or
   * reuses. Writing to it changes what this record, and no other, shows.
   */
  readonly data: Uint8Array
  /**
   * `data` as the book's codec decodes it, decoded once; without a codec `data` itself.
   * @throws ERR_DAYBOOK_DECODE if the codec fails
   */
  readonly value: T
  /**
   * Aux data: what `setAux` has kept beside the record last, if it is still there. It is looked up when
   * somebody first looks, and stays the same for this object from then on; the bytes are its own. It may be
   * missing at any time: whoever uses it can do without.
   */
  readonly aux?: Uint8Array | undefined
  /** The same record over memory of its own: for keeping few of many, for changing or transferring. */
  copy(): LogRecord<T>
}

/**
 * Bounds of a read, each an integer from -1 on, or Infinity. Where both bounds of one side are given the
 * narrower one holds. Bounds that leave nothing are no error: nothing is found.
 */
export interface Range {
  /** Lowest seqnum, inclusive. */
  readonly from?: number | undefined
  /** Lowest seqnum, exclusive: -1 is the beginning. */
  readonly after?: number | undefined
  /** Highest seqnum, inclusive. */
  readonly to?: number | undefined
  /** Highest seqnum, exclusive. */
  readonly before?: number | undefined
}

/** How new a view must be. */
export interface Freshness {
  /**
   * What `book.position` gave, here or in another thread or process: the read sees no older view than that.
   * Where this log does not show as much yet, the call waits for it, until `signal` aborts. A position of
   * another log, or one that the log has lost in a crash, is refused with ERR_DAYBOOK_INVALID_ARG.
   */
  readonly atLeast?: string | undefined
}

/** Options of `get`. */
export interface GetOptions extends Freshness, Cancellation {}

/** Options of `append`. */
export interface AppendOptions extends Guard, Cancellation {
  /** 0 to 256 tags; duplicates are merged, the order is kept. Default: none. */
  readonly tags?: readonly string[] | undefined
  /** Default: that of the log. */
  readonly durability?: Durability | undefined
}

/** Options of `appendMany`. */
export interface AppendManyOptions extends Guard, Cancellation {
  /** Default: that of the log. */
  readonly durability?: Durability | undefined
}

/** One member of an `appendMany`. */
export interface AppendManyItem<T> {
  /** The value, or the bytes where the book has no codec. */
  readonly data: T
  /** 0 to 256 tags; duplicates are merged, the order is kept. Default: none. */
  readonly tags?: readonly string[] | undefined
}

/** The question that `readNext` and `readPrev` answer. */
export interface FindOptions extends Selector, Range, Freshness, Cancellation {}
/** The same, for the Sync forms, which cannot be cancelled. */
export interface FindSyncOptions extends Selector, Range {}

/** Options of `tail`. */
export interface TailOptions extends Selector, Freshness, Cancellation {}
/** Options of `tailSync`. */
export interface TailSyncOptions extends Selector {}

/** Options of `read`. */
export interface ReadOptions extends Selector, Range, Freshness, Cancellation {
  /** Ends after this many records: an integer from 0 on, or Infinity (the default). */
  readonly limit?: number | undefined
  /** From the highest seqnum down. Not together with `live`. Default: false. */
  readonly reverse?: boolean | undefined
  /**
   * Goes on at the tail, until the signal aborts, the loop breaks, `limit` or the upper bound is reached,
   * or the log closes (the reader then fails with ERR_DAYBOOK_CLOSED). Default: false.
   */
  readonly live?: boolean | undefined
  /**
   * Called once, when a live reader has handed out all that was there and asks for more. `position` is a
   * position as of `book.position`: all up to there has been handed out. If it throws, the reader fails with
   * what it threw.
   */
  readonly onCaughtUp?: ((position: string) => void) | undefined
  /**
   * What to do about records that are trimmed after `read` was called and before the reader came to them:
   * `'skip'` (the default) treats them as absent, `'error'` fails with ERR_DAYBOOK_TRIMMED. The error is on
   * the safe side: it also comes where the trim mark has passed the reader and only records of other tags
   * may have been there. Trims of a tag count for readers of that tag, of a query that names it, and of the
   * whole book.
   */
  readonly onTrim?: 'skip' | 'error' | undefined
}

/** Options of `trim`. */
export interface TrimOptions {
  /**
   * The book's records below this seqnum are trimmed: an integer from -1 on, or Infinity for all up to the
   * tail. Records appended later are never trimmed by it.
   */
  readonly before: number
  /**
   * Under this tag alone: records below `before` do not carry it any more, for reads, queries, `tail`,
   * `expect` and `record.tags`. A record that had tags is gone when all of them are trimmed; one without tags
   * goes with its book only.
   */
  readonly tag?: string | undefined
}

/** What a book keeps by itself. Each limit is a positive integer; at least one is given. */
export interface Retention {
  /**
   * Milliseconds: records that were appended longer before the log's newest commit are trimmed. Time without
   * a commit ages nothing.
   */
  readonly maxAge?: number | undefined
  /** Bytes as in `BookInfo`: the oldest records are trimmed when the book holds more. */
  readonly maxBytes?: number | undefined
  /** The oldest records are trimmed when the book holds more of them. */
  readonly maxRecords?: number | undefined
}

/** A book that exists, and how much it holds. */
export interface BookInfo {
  /** As given to `book`. */
  readonly name: string
  /** Records that are not trimmed. */
  readonly records: number
  /** Bytes of their data and tags, and about ten for each record. */
  readonly bytes: number
  /** Null: the book keeps everything until it is trimmed or dropped. */
  readonly retention: Retention | null
}

/** Options of `books`. */
export interface BooksOptions {
  /** Only books whose names begin with this. Default: all. */
  readonly prefix?: string | undefined
  /** Only books whose names come behind this one: the last name of the page before. */
  readonly afterName?: string | undefined
  /** At most so many: an integer from 0 on, or Infinity (the default). */
  readonly limit?: number | undefined
}

/** Options of `close`. */
export interface CloseOptions {
  /**
   * Milliseconds to wait for pending appends, which then end with ERR_DAYBOOK_TIMEOUT and the outcome
   * `'unknown'`. Default: no deadline.
   */
  readonly timeout?: number | undefined
}

/** Options of `book`. */
export interface BookOptions<T> {
  /** Turns the values of this view into bytes and back. Another view of the book may have another one. */
  readonly codec: Codec<T>
}

/**
 * Hands out records in seqnum order. Single-use: it is iterated once, by record or by batch, or becomes one
 * stream. A reader that is not live ends at the tail that it found when it began, or a little behind it;
 * appends made in the body of the loop do not keep it going.
 *
 * An abort ends it: the next step rejects with `signal.reason`, once, and the one after that is done.
 */
export interface Reader<T> extends AsyncIterable<LogRecord<T>>, AsyncDisposable {
  /** The records, one by one. */
  [Symbol.asyncIterator](): AsyncIterableIterator<LogRecord<T>>
  /** The same records in arrays, none of them empty: the fast way to scan. */
  batches(): AsyncIterableIterator<LogRecord<T>[]>
  /**
   * The records as a stream of Node.js, in object mode. It reads as it is read: beside `highWaterMark`
   * records it holds the rest of one batch. Destroying it ends the reader; an error or an abort of the
   * reader destroys it, an abort at once and whatever it still holds.
   */
  readable(options?: ReadableOptions): Readable
  /**
   * The records as a stream of the web, with the same bounds. Cancelling it ends the reader; an error or an
   * abort of the reader makes it fail, an abort at once.
   */
  readableStream(options?: ReadableOptions): ReadableStream<LogRecord<T>>
  /** Ends the reader; a step that waits resolves as done. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * A log book: a name, and a view of the log. Promise-returning calls never throw, they reject. `read`
 * throws on bad arguments and on a closed log, since it returns no promise.
 */
export interface Book<T = Uint8Array> {
  /** As given to `log.book`. */
  readonly name: string

  /**
   * How far this log is visible to this handle now, as a short string for `atLeast`: letters a to f, digits
   * and hyphens, at most 60 of them. What this handle was acknowledged lies within it. The position is one of
   * the log, whichever book tells it.
   * @throws ERR_DAYBOOK_CLOSED on a log that is closed
   */
  readonly position: string

  /**
   * Appends one record and resolves to its seqnum once it is as durable as asked. The bytes and tags have
   * been copied when the call returns.
   *
   * A rejection carries `outcome`, except for that of an abort: before the call the record is not
   * written; afterwards it may appear.
   */
  append(data: T, options?: AppendOptions): Promise<number>

  /**
   * Appends all items as one group: consecutive seqnums, visible at once, all or nothing. No items: resolves
   * to an empty array and writes nothing.
   */
  appendMany(items: readonly AppendManyItem<T>[], options?: AppendManyOptions): Promise<number[]>

  /** First record within the bounds (from the beginning where there is no lower one), or null. */
  readNext(options?: FindOptions): Promise<LogRecord<T> | null>

  /** Last record within the bounds (from the end where there is no upper one), or null. */
  readPrev(options?: FindOptions): Promise<LogRecord<T> | null>

  /**
   * The record at `seqnum`; null if this book has none there.
   * @throws ERR_DAYBOOK_TRIMMED for a seqnum below the book's trim mark, and where there is no record below
   * the highest trim mark of a tag: it may have been trimmed
   */
  get(seqnum: number, options?: GetOptions): Promise<LogRecord<T> | null>

  /** Seqnum of the last record, or -1. */
  tail(options?: TailOptions): Promise<number>

  /** Many records, in order. The read begins with this call. */
  read(options?: ReadOptions): Reader<T>

  /**
   * A stream of Node.js, in object mode, that appends what is written to it: values, or items where `items`
   * is true. One group is under way at a time, and what is written meanwhile makes the next one. A write
   * calls back when it is acknowledged; `finish` comes when all are.
   *
   * What is in the log is always a beginning of what was written. An error destroys the stream and carries
   * `acknowledged`, the number of records that are in it. Where the log is overloaded, the stream waits.
   * Destroyed from outside it begins no further group, and closes when the one under way has settled.
   *
   * An object stream takes no `null`; as the `data` of an item it may be written.
   * @throws ERR_DAYBOOK_CLOSED on a log that is closed
   */
  writable(options?: WritableOptions<T>): Writable

  /**
   * The same as a stream of the web, of items. `write` resolves when there is room for more, `close` when
   * everything is acknowledged.
   */
  writableStream(options: WritableOptions<T> & { readonly items: true }): WritableStream<AppendManyItem<T>>
  /** The same as a stream of the web, of values. */
  writableStream(options?: WritableOptions<T>): WritableStream<T>

  /** Seqnum of the first record stamped at `time` or later; if there is none, the tail plus 1. */
  seqnumAt(time: Date): Promise<number>

  /**
   * Forgets records, durably and for good, in the order of this handle's appends. A mark never falls: a trim
   * further back than one before changes nothing.
   * @throws ERR_DAYBOOK_TOO_LARGE if the log holds trims of 1,048,576 tags already (`tagTrimsMax`); trims of
   * whole books, beyond what they have of those, make room again
   */
  trim(options: TrimOptions): Promise<void>

  /**
   * Keeps bytes beside a record, for every reader of this log in this process: a view that was computed from
   * the records up to it, say. They come back as `record.aux`, or not: they are in memory, at most `auxBytes`
   * of all records, and what was not used for longest goes first. Who looks gets what was set last or
   * nothing, in every handle and thread. At most 1 MiB, copied when the call returns; they may be empty.
   *
   * On a record that is trimmed, or on a seqnum at which the book has none, nothing is kept, or nothing that
   * anyone sees.
   * @throws ERR_DAYBOOK_INVALID_ARG for a seqnum above that of the book's last record,
   * ERR_DAYBOOK_TOO_LARGE for more than 1 MiB, ERR_DAYBOOK_CLOSED
   */
  setAux(seqnum: number, bytes: Uint8Array): void

  /**
   * From now on the book trims itself, in the background, along the log: what is over a limit goes some time
   * after it has come to be over it. Durable; replaces what was told before, and null lifts it.
   */
  retain(retention: Retention | null): Promise<void>
}

/** A book of a log in this process: what needs no disk access is answered at once. */
export interface EmbeddedBook<T = Uint8Array> extends Book<T> {
  /** As `readNext`. May wait for the disk on this thread when the record is not cached. */
  readNextSync(options?: FindSyncOptions): LogRecord<T> | null
  /** As `readPrev`. May wait for the disk on this thread when the record is not cached. */
  readPrevSync(options?: FindSyncOptions): LogRecord<T> | null
  /** As `get`. May wait for the disk on this thread when the record is not cached. */
  getSync(seqnum: number): LogRecord<T> | null
  /** As `tail`. */
  tailSync(options?: TailSyncOptions): number
}

/**
 * `'read-only'`: reads go on, appends are refused. With a `cause` the disk failed, until all handles are
 * closed and the log is opened again; or a follower cannot follow, until it can again. Without, it was
 * opened so.
 */
export type LogState = 'open' | 'read-only' | 'closing' | 'closed'

/** How a handle is. */
export interface LogStatus {
  /** Whether it takes appends, reads alone, or nothing any more. */
  readonly state: LogState
  /** Why the log has become read-only, or is not followed any further; else left out. */
  readonly cause?: Error
}

/** One handle of a log. */
export interface Log extends AsyncDisposable {
  /** How this handle is at this moment. */
  readonly status: LogStatus
  /**
   * What is counted while the log runs: appends, commits, flushes, reads, caches. Touches no disk.
   * @throws ERR_DAYBOOK_CLOSED
   */
  metrics(): LogMetrics
  /**
   * A view of the log under a name of 1 to 255 bytes of UTF-8. Writes nothing; a book comes to be with its
   * first record.
   */
  book(name: string): Book<Uint8Array>
  /** The same view, of values that a codec turns into bytes and back. */
  book<T>(name: string, options: BookOptions<T>): Book<T>
  /**
   * The books that exist, by the bytes of their names. A book exists from its first record, trim or retention
   * on, until it is dropped. One that comes or goes meanwhile may be in the list or not.
   */
  books(options?: BooksOptions): Promise<BookInfo[]>
  /**
   * Trims all that a book holds and forgets its retention and its name, durably. Appending to the name begins
   * a new book: seqnums go on, and the old records never come back. Changes nothing if there is no such book.
   */
  drop(name: string): Promise<void>
  /** Resolves when an append would not be refused as ERR_DAYBOOK_OVERLOADED: at once when that is so. */
  ready(): Promise<void>
  /**
   * Refuses new work on this handle, settles what is pending, ends live readers. Idempotent: every call
   * resolves when the handle is closed.
   * @throws ERR_DAYBOOK_IO if the last flush of the log fails: what was appended with durability `'os'` may
   * then not survive the machine
   */
  close(options?: CloseOptions): Promise<void>
  /** As `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** One segment file of a log. */
export interface SegmentStat {
  /** Number of the segment, as in the name of its file. */
  readonly id: number
  /** `'log'`: as it was written. `'rewritten'`: what was left of others when their space was freed. */
  readonly kind: 'log' | 'rewritten'
  /** `'open'`: is being written. `'closed'`: is full. `'reserve'`: stands ready for when they are. */
  readonly state: 'open' | 'closed' | 'reserve'
  /** Segments of different lanes are written side by side, and share what they count of records. */
  readonly lane: number
  /** Size of the file. */
  readonly bytes: number
  /** Records in it, those that are trimmed included; 0 while it is open. */
  readonly records: number
  /** The share of them that is not known to be trimmed, 0 to 1. */
  readonly live: number
}

/**
 * What a log tells of itself. The parts are of slightly different moments, and none of them is exact to the
 * byte. A log in memory has no files.
 */
export interface LogStat {
  /** Books that exist. */
  readonly books: number
  /** Records that are not trimmed. */
  readonly records: number
  /** Every record that is visible has a lower seqnum. */
  readonly nextSeqnum: number
  /** Every record with a lower seqnum has been flushed to the disk. */
  readonly durableSeqnum: number
  /** Sizes of all files in the directory, in sum. */
  readonly bytes: number
  /** Of `bytes`: what trims have set free and the background has not yet given back, near enough. */
  readonly reclaimableBytes: number
  /** Of `bytes`: segments that stand ready and hold nothing yet. */
  readonly reserveBytes: number
  /** In the order of the log. */
  readonly segments: readonly SegmentStat[]
  /** The index on disk. */
  readonly index: {
    /** Files. */
    readonly runs: number
    /** Of these files, in sum. */
    readonly bytes: number
  }
  /** What opening begins from. */
  readonly checkpoints: {
    /** Files, at most two. */
    readonly count: number
    /** Of these files, in sum. */
    readonly bytes: number
  }
  /** Bytes in the memory of the process: of the index, and of what is kept for reading. */
  readonly memory: {
    /** Bytes of the newest part of the index. */
    readonly index: number
    /** Bytes of cached blocks and records. */
    readonly cache: number
  }
}

/** A log in this process. */
export interface EmbeddedLog extends Log {
  /** What the log tells of itself: sizes, segments, memory. */
  stat(): Promise<LogStat>
  book(name: string): EmbeddedBook<Uint8Array>
  book<T>(name: string, options: BookOptions<T>): EmbeddedBook<T>
}
