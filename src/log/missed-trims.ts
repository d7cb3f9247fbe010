// What a reader with onTrim: 'error' would skip because it is trimmed while it reads. On the safe side: what
// may have been there counts as if it had been.

import type { BookId, LogBackend, ScanResult } from './backend.js'
import { type DaybookError, errorFromCode } from './errors.js'
import type { Selected } from './query.js'

/** What a reader has not handed out yet, both inclusive. */
export interface LeftToRead {
  readonly lower: number
  readonly upper: number
  readonly reverse: boolean
}

export class MissedTrims {
  readonly #backend: LogBackend
  readonly #book: BookId
  readonly #selected: Selected
  /** What was trimmed before the read began is not missed by it. */
  readonly #markAtStart: number
  readonly #indexAtStart: number

  constructor(backend: LogBackend, book: BookId, selected: Selected) {
    this.#backend = backend
    this.#book = book
    this.#selected = selected
    this.#indexAtStart = backend.position().index
    this.#markAtStart = this.#mark
  }

  /** Why a reader must fail that has `left` to read and got `result` by a scan of it just now. */
  find(left: LeftToRead, result: ScanResult<unknown>): DaybookError | undefined {
    // What the mark of all is about lies at the end of a reverse read; what has lost a tag may lie anywhere.
    const isEnd = !left.reverse || !result.more
    const mark = Math.max(isEnd ? this.#missedMark(left, result) : -1, this.#missedTags(left))
    if (mark < 0) return undefined
    return errorFromCode('ERR_DAYBOOK_TRIMMED', `records below ${mark} were trimmed while they were read`)
  }

  /** All that the reader is meant to see and lies below has been trimmed. */
  get #mark(): number {
    const mark = this.#backend.trimmedBefore(this.#book)
    if (typeof this.#selected !== 'string') return mark
    return Math.max(mark, this.#backend.tagTrimmedBefore(this.#book, this.#selected, 0))
  }

  #missedMark({ lower, upper, reverse }: LeftToRead, { records }: ScanResult<unknown>): number {
    const begin = Math.max(lower, this.#markAtStart)
    const mark = this.#mark
    if (mark <= begin || begin > upper) return -1
    // The record next to what may be missing. Below the mark: the scan was there before the trim.
    const next = reverse ? records[records.length - 1] : records[0]
    return next !== undefined && next.seqnum < mark ? -1 : mark
  }

  /** Below the mark of a tag there may be more records that the reader sees, by another tag of theirs. */
  #missedTags({ lower, upper }: LeftToRead): number {
    if (typeof this.#selected === 'string' || lower > upper) return -1
    const tags = this.#selected === null ? [null] : this.#selected.terms.flat()
    const marks = tags.map((tag) => this.#backend.tagTrimmedBefore(this.#book, tag, this.#indexAtStart))
    const mark = Math.max(...marks)
    return mark > lower ? mark : -1
  }
}
