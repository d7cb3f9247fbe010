// The options of streams. No code here.

import type { Cancellation, Durability } from './common-types.js'

/** Options of the streams that a reader becomes. */
export interface ReadableOptions {
  /**
   * How many records are held ready, 1 to 65536, beside the rest of one batch. Default: 16. Memory is that
   * times the size of a record.
   */
  readonly highWaterMark?: number | undefined
}

/** Options of the streams that append what is written to them. An abort destroys the stream. */
export interface WritableOptions<T> extends Cancellation {
  /** Default: that of the log. */
  readonly durability?: Durability | undefined
  /**
   * How many values may wait before the stream pushes back, 1 to 65536. Default: 1024. What waits is
   * appended as one group, and shares one flush. Memory is that times the size of a value.
   */
  readonly highWaterMark?: number | undefined
  /**
   * True: what is written are items, `{ data, tags }` as in `appendMany`. False (the default): what is
   * written is the value itself.
   */
  readonly items?: boolean | undefined
  /**
   * Called with the seqnums of records, in the order in which they were written, when these are acknowledged;
   * not any more once the stream has closed. If it throws, the stream fails with what it threw.
   */
  readonly onAcknowledged?: ((seqnums: number[]) => void) | undefined
  /** The tags of every record, or a function that makes them of its value. Not together with `items`. */
  readonly tags?: readonly string[] | ((value: T) => readonly string[]) | undefined
}
