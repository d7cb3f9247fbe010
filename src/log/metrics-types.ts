// The public types of what a log counts. No code here.

import type { ErrorCode } from './errors.js'

/** What was measured, in buckets. A quantile is at most an eighth above the value that it stands for. */
export interface Histogram {
  /** Values. */
  readonly count: number
  /** Of all values. */
  readonly sum: number
  /** The highest value; 0 if there is none. */
  readonly max: number
  /** Half of the values are at most this; 0 if there is none. */
  readonly p50: number
  /** Nine of ten are at most this. */
  readonly p90: number
  /** 99 of 100 are at most this. */
  readonly p99: number
  /** 999 of 1,000 are at most this. */
  readonly p999: number
  /** Ascending; those that hold nothing are left out. Bounds never move: they are the same in every log. */
  readonly buckets: readonly HistogramBucket[]
}

/** Values of a histogram that lie close together. */
export interface HistogramBucket {
  /** The highest value that belongs here. */
  readonly upTo: number
  /** Values in it, and in no bucket below. */
  readonly count: number
}

/** What one handle has done so far. */
export interface HandleMetrics {
  /** Its appends. */
  readonly appends: {
    /** Records that were acknowledged. */
    readonly records: number
    /** Data and tags of these, in bytes. */
    readonly bytes: number
    /** Calls that were refused or failed, by the code of their error. Aborts are not among them. */
    readonly rejected: Readonly<Partial<Record<ErrorCode, number>>>
  }
  /** What is not acknowledged yet. */
  readonly pending: {
    /** Records. */
    readonly records: number
    /** Data and tags of these, in bytes: over `maxPendingBytes` appends are refused. */
    readonly bytes: number
  }
  /** Its readers with `live: true` that have begun and not ended. */
  readonly liveReaders: {
    /** How many. */
    readonly count: number
    /** Those of them that have handed out all that was there, and wait for more. */
    readonly waiting: number
    /**
     * Seqnums, of all books, from where the slowest of the others goes on to the end of the log: how far it
     * lags behind, at most. 0 if all of them wait.
     */
    readonly lag: number
  }
}

/**
 * What a log counts while it runs. But for `handle`, it is of all handles of the log in this process, since
 * the first of them was opened. Numbers are counted without locks, each by itself.
 */
export interface LogMetrics {
  /** Every record that is visible has a lower seqnum. */
  readonly nextSeqnum: number
  /** Every record with a lower seqnum has been flushed to the disk. */
  readonly durableSeqnum: number
  /** Seqnums of records that are visible and not flushed: how far the disk lags behind. */
  readonly unflushed: number
  /** This handle alone. */
  readonly handle: HandleMetrics
  /** Group commits: what was written at once. */
  readonly commits: {
    /** Records in each; none in one that holds a trim, say. */
    readonly records: Histogram
    /** Bytes written for each. */
    readonly bytes: Histogram
    /** Milliseconds from when its appends were taken until they were acknowledged. */
    readonly latency: Histogram
    /** Those that were not written, or of which nobody knows. */
    readonly failed: number
  }
  /** Flushes of group commits. There is none for those that hold but appends with durability `'os'`. */
  readonly flushes: {
    /** Milliseconds. */
    readonly latency: Histogram
  }
  /** Records that reads looked at, by where they were. */
  readonly reads: {
    /** In memory. */
    readonly hot: number
    /** In a file, without waiting for the disk. */
    readonly warm: number
    /** In a file, by a thread that may wait for the disk. */
    readonly cold: number
  }
  /** The cache of blocks of the index. */
  readonly blockCache: {
    /** Blocks that were in it. */
    readonly hits: number
    /** Blocks that were read from a file instead. */
    readonly misses: number
    /** Bytes that it holds. */
    readonly bytes: number
  }
  /** Aux data. */
  readonly aux: {
    /** Looks that found some. */
    readonly hits: number
    /** Looks that did not, from the first time on that any was set. */
    readonly misses: number
    /** Records that have lost theirs because there was no room. */
    readonly evictions: number
    /** Records that have some. */
    readonly records: number
    /** Bytes that it holds, as they count for `auxBytes`. */
    readonly bytes: number
  }
  /** Steps of the background. */
  readonly maintenance: {
    /** Index runs that were written of what was in memory. */
    readonly runs: number
    /** Merges of index runs. */
    readonly merges: number
    /** Checkpoints. */
    readonly checkpoints: number
    /** Groups of segments that were deleted, or rewritten without what was trimmed. */
    readonly reclaimed: number
  }
}
