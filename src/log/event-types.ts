// The public types of what a log publishes on channels and tells its logger. No code here.

import type { LogState } from './types.js'

/**
 * Where a log tells what happens to it: the shape of pino, and of a child logger of it. What the methods
 * throw is dropped.
 */
export interface Logger {
  /** What is of use to who looks for a fault. */
  debug(fields: object, message: string): void
  /** Opened, closed. */
  info(fields: object, message: string): void
  /** Recovered after a crash; something that can be done without has failed. */
  warn(fields: object, message: string): void
  /** The log has failed. The error is `fields.err`. */
  error(fields: object, message: string): void
}

/** On the channel `daybook:open`: a handle was opened. */
export interface OpenEvent {
  /** Absolute path; null for a log in memory. */
  readonly directory: string | null
  /** `'read-only'`: it was opened with damage, or on a full disk, and takes no appends. */
  readonly state: LogState
  /** False: the process had the log open already, and this is one more handle. */
  readonly first: boolean
  /** Milliseconds that the call took. */
  readonly duration: number
}

/** On the channel `daybook:recovery`: the log that was opened had not been closed properly. */
export interface RecoveryEvent {
  /** Absolute path. */
  readonly directory: string | null
  /** Bytes behind the last checkpoint that were read again. */
  readonly replayedBytes: number
  /** Batches that may have been in the page cache alone, and were written again and flushed. */
  readonly rewrittenBatches: number
  /**
   * Seqnums that are left out, because they may have been told before what they stood for was lost: an upper
   * bound, far above what can have been. 0: everything that was acknowledged had been flushed.
   */
  readonly passedSeqnums: number
}

/** On the channel `daybook:commit`: records of this handle were acknowledged. */
export interface CommitEvent {
  /** Absolute path; null for a log in memory. */
  readonly directory: string | null
  /** At least 1. */
  readonly records: number
  /** They have this seqnum and those that follow it. */
  readonly firstSeqnum: number
}

/** On the channel `daybook:failure`: this handle has learnt that the log is read-only. Once per handle. */
export interface FailureEvent {
  /** Absolute path. */
  readonly directory: string | null
  /** The same as `log.status.cause`. */
  readonly error: Error
}

/** On the channel `daybook:close`: a handle was closed. */
export interface CloseEvent {
  /** Absolute path; null for a log in memory. */
  readonly directory: string | null
  /** What `close` failed with; left out where it did not. */
  readonly error?: Error
}
