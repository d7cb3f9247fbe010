// What the native addon exports: functions on opaque handles (native/binding). They take arguments that are
// checked already. A failure is a value, which native-error.ts turns into an error.

/** [status code, message, errno or 0, true if an append may appear all the same] */
export type NativeFailure = readonly [code: number, message: string, errno: number, outcomeUnknown: boolean]

declare const handleBrand: unique symbol
/** One handle of a log, made by logOpen. */
export type NativeHandle = { readonly [handleBrand]: true }

/** What became of so many records, or of one command, first in first out. */
export type Settlement = readonly [
  failure: NativeFailure | null,
  isCommand: boolean,
  records: number,
  firstSeqnum: number,
  verdicts?: readonly NativeVerdictOnGroup[],
]

/**
 * About a group that is void. Its first record, counted from the settlement's; then 1 and [index, actual]
 * for each condition that did not hold, or 2 and the seqnum and the number of records of the group that had
 * the key first.
 */
export type NativeVerdictOnGroup = readonly number[]
export const verdictConflict = 1

/** The answer to recordsAsk. `index` is as recordsRead writes it. */
export type ReadAnswer = readonly [
  id: number,
  failure: NativeFailure | null,
  bytes: Buffer,
  index: Float64Array,
]

export type Events = readonly [changed: boolean, settlements: Settlement[], answers: ReadAnswer[]]

/** For each name bookWidth numbers: records, bytes, max age, max bytes, max records (0: no limit). */
export type NativeBooks = readonly [names: string[], numbers: Float64Array]
export const bookWidth = 5

/**
 * Totals: next seqnum, durable seqnum, books, records, reserve bytes, reclaimable bytes, runs, bytes of runs,
 * checkpoints, bytes of checkpoints, memory of the index, memory of the cache. For each segment segmentWidth
 * numbers: id, kind (1 log, 2 rewritten), state (1 open, 2 closed, 3 reserve), lane, records, dead records.
 */
export type NativeStat = readonly [totals: number[], segments: Float64Array]
export const segmentWidth = 6

/** Numbers and histograms in the order of src/embedded/log-metrics.ts. */
export type NativeMetrics = readonly [numbers: Float64Array, histograms: Float64Array[]]

/** How a log was opened. */
export type NativeOpening = readonly [
  isNew: boolean,
  closedProperly: boolean,
  replayedBytes: number,
  rewrittenBatches: number,
  passedSeqnums: number,
]

/** A file of aux data that was kept: number, bytes, checksum. */
export type NativeKept = readonly [file: number, size: number, checksum: number]
/** By number of the core's PositionIs (native/log/term_end.h). */
export const positionStates = ['reached', 'ahead', 'later', 'lost', 'forgotten'] as const

/** Flags of reads. */
export const readReverse = 1
export const readMayWait = 2
/** Of recordsAsk alone: `from` is a time, and the answer one record of which there is but the seqnum. */
export const readAtTime = 4

/** Doubles in front of the index: records found, 1 if there may be more, bytes used, bytes needed. */
export const indexHead = 4
/** Doubles per record: seqnum, timestamp, tags begin, tag count, data begin, data size. */
export const indexWidth = 6

declare const verificationBrand: unique symbol
/** A log that is being verified: nobody else may write to it. */
export type NativeVerification = { readonly [verificationBrand]: true }

/**
 * Totals: segments, runs, checkpoints, bytes, batches, frames, records, commands, records compared with the
 * index, last batch, next seqnum, 1 if closed properly.
 */
export type NativeVerdict = readonly [totals: number[], damage: NativeDamage[], notes: string[]]
/** Infinity: nobody can tell which seqnum is the last. */
export type NativeDamage = readonly [
  file: string,
  offset: number,
  firstSeqnum: number,
  endSeqnum: number,
  mendable: boolean,
  what: string,
]

export interface NativeAddon {
  /** Resolves to the handle and the values of the engine's options, in the order of logOptions. */
  logOpen(
    directory: string,
    options: readonly (number | undefined)[],
    allowNetworkFileSystem: boolean,
    readOnly: boolean,
    wake: () => void,
  ): Promise<readonly [NativeHandle, number[]] | NativeFailure>
  logClose(handle: NativeHandle): Promise<NativeFailure | null>
  /** Keeps the process alive, or lets it end. */
  logReference(handle: NativeHandle, on: boolean): void
  /** Wakes for every commit, or only for what was asked. */
  logWatch(handle: NativeHandle, on: boolean): void
  logFailure(handle: NativeHandle): NativeFailure | null
  /** Which life of the log this is: 16 hexadecimal digits. */
  logIncarnation(handle: NativeHandle): string
  /** How far the log is visible. */
  logPosition(handle: NativeHandle): readonly [term: number, index: number]
  /** Index into positionStates. */
  logReaches(handle: NativeHandle, term: number, index: number): number
  /** Copies the groups in the first `size` bytes of the slab; see submission.ts. */
  logSubmit(handle: NativeHandle, slab: Buffer, size: number): NativeFailure | null
  /** Settled as a command, unless it fails. An empty tag: the whole book. */
  logTrim(handle: NativeHandle, book: number, before: number, tag: string): NativeFailure | null
  logEvents(handle: NativeHandle): Events
  logStat(handle: NativeHandle): NativeStat
  logMetrics(handle: NativeHandle): NativeMetrics
  /** Null but for the first that asks. */
  logOpening(handle: NativeHandle): NativeOpening | null
  /** [name, default, min, max] of each option of the engine. */
  logOptions(): (readonly [string, number, number, number])[]
  bookOpen(handle: NativeHandle, name: string): number | NativeFailure
  bookTrimmedBefore(handle: NativeHandle, book: number): number
  /** An empty tag: any. */
  bookTagTrimmedBefore(handle: NativeHandle, book: number, tag: string, after: number): number
  /** Settled as a command. 0: no limit. */
  bookRetain(handle: NativeHandle, book: number, maxAge: number, maxBytes: number, maxRecords: number): null
  /** True: settled as a command; false: there is nothing to drop. */
  bookDrop(handle: NativeHandle, name: string): boolean
  booksList(handle: NativeHandle, prefix: string, after: string, limit: number): NativeBooks
  /** Where recordsRead writes, until the next call. */
  recordsMemory(handle: NativeHandle, slab: Buffer, index: Float64Array): void
  /** Undefined: the disk would be needed, and the flags do not allow to wait for it. */
  recordsRead(
    handle: NativeHandle,
    book: number,
    selector: string | Buffer | null,
    from: number,
    to: number,
    flags: number,
    limit: number,
    slabOffset: number,
  ): NativeFailure | null | undefined
  /** Answered by an event under `id`. */
  recordsAsk(
    handle: NativeHandle,
    id: number,
    book: number,
    selector: string | Buffer | null,
    from: number,
    to: number,
    flags: number,
    limit: number,
  ): void
  /** Undefined: the disk would be needed; recordsAsk answers then. */
  recordsSeqnumAt(handle: NativeHandle, book: number, time: number): number | NativeFailure | undefined
  /** Copies the bytes. */
  auxSet(handle: NativeHandle, book: number, seqnum: number, bytes: Uint8Array): NativeFailure | null
  /** Bytes that nobody else has. The handle may be closed: then there are none. */
  auxGet(handle: NativeHandle, book: number, seqnum: number): Buffer | undefined
  /** From now on aux data is to be kept. What the last opening kept, if that is its mark; told once. */
  auxKeep(handle: NativeHandle, mark: Buffer): NativeKept | null
  /** Takes up entries as auxNext has given them. False: no more of them. */
  auxRestore(handle: NativeHandle, entries: Uint8Array): boolean
  /** The handle will be closed. True: it saves the aux data before that. */
  auxPart(handle: NativeHandle): boolean
  /** The next entries to save, about so many bytes; null behind the last. */
  auxNext(handle: NativeHandle, bytes: number): Buffer | null
  /** They are in this file, flushed. */
  auxSaved(handle: NativeHandle, file: number, size: number, checksum: number): void
  /** CRC32C of what came before, and the bytes. */
  checksumExtend(checksum: number, bytes: Uint8Array): number
  /** Takes the lock. A task for each file of the log. */
  verifyBegin(directory: string): readonly [NativeVerification, tasks: Buffer[]] | NativeFailure
  /** On any thread. Waits for the disk. */
  verifyPart(directory: string, task: Uint8Array): Uint8Array | NativeFailure
  /** Gives the lock up. A report for each task, in their order. */
  verifyEnd(verification: NativeVerification, reports: readonly Uint8Array[]): NativeVerdict
  /** For tests: rules by which operations of logs opened from now on fail, wait or lie (docs/testing.md). */
  faultsSet(rules: string): NativeFailure | null
  /** For tests: how often each rule hit. */
  faultsReport(): string
  /** Which implementation of CRC32C is in use. */
  readonly checksum: string
}
