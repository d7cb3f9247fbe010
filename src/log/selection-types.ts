// Which records are meant, and on which condition something is appended. No code here.

/** Records that have all of these tags. */
export interface AllOf {
  /** 1 to 64 tags; duplicates are merged. */
  readonly all: readonly string[]
}

/** Records that have any of these tags, or all tags of any of these lists. */
export interface AnyOf {
  /** 1 to 64 tags or lists. */
  readonly any: readonly (string | AllOf)[]
}

/**
 * A query over tags: records that have all of them, or any, or all of any of several lists. 1 to 64 members
 * in each list. The cost follows the rarest of the tags that must come together, not the length of the log.
 */
export type Query = AllOf | AnyOf

/** Which records of a book: those that carry `tag`, or match; without either the whole book. */
export interface Selector {
  /** 1 to 255 bytes of UTF-8 without lone surrogates. Not together with `match`. */
  readonly tag?: string | undefined
  /** Not together with `tag`. */
  readonly match?: Query | undefined
}

/**
 * What an append expects: that no record which is meant has a seqnum above `after`. What is trimmed does not
 * count. Tags and queries need not have anything to do with the record that is appended.
 */
export interface Condition extends Selector {
  /** An integer from -1 (no such record at all) on, or Infinity (always holds). */
  readonly after: number
}

/** What decides whether an append is written. */
export interface Guard {
  /**
   * One condition, or 1 to 64 that must hold together. Decided when the append is ordered, from the log in
   * front of it alone: of several that race exactly one wins. The others reject with ERR_DAYBOOK_CONFLICT.
   */
  readonly expect?: Condition | readonly Condition[] | undefined
  /**
   * An idempotency key in this book, 1 to 255 bytes of UTF-8: an append with a key that is remembered is not
   * written again, whatever its data, and resolves to the seqnums of the first one. Looked at before
   * `expect`; what loses uses up no key. The log remembers its newest 262,144 keys, each for 24 hours of its
   * own time, until the book is dropped.
   */
  readonly key?: string | undefined
}
