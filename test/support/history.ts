// What callers did to a log, and when: appends, reads, tails and trims with their invocations and
// completions, by process and by writer. history-judge.ts says whether a log that keeps its promises can have
// answered so. Events are plain data, so that threads and processes can send theirs.

import { isDaybookError } from '../../src/log/errors.js'
import type { Book, Log, LogRecord } from '../../src/log/types.js'

/** A record as somebody has seen it. `data` tells records apart: no two appends share it. */
export interface SeenRecord {
  readonly seqnum: number
  readonly data: string
  readonly tags: readonly string[]
}

export interface NewItem {
  readonly data: string
  readonly tags: readonly string[]
}

export type Match =
  | { readonly all: readonly string[] }
  | { readonly any: readonly (string | { readonly all: readonly string[] })[] }

/** Holds if and only if no matching record has a seqnum above `after`. */
export interface Expectation {
  readonly tag?: string
  readonly match?: Match
  readonly after: number
}

interface Timed {
  /** What shares an engine: within it, a read sees all that was acknowledged before it began. */
  readonly process: string
  readonly book: string
  /** Taken before the call; nanoseconds of a clock that all share. */
  readonly start: number
  /** Taken after it; Infinity if it never came back. */
  readonly end: number
}

export interface AppendEvent extends Timed {
  readonly do: 'append'
  /** Whose appends are in the order in which they were made: a handle. */
  readonly writer: string
  /** More than one: a group. */
  readonly items: readonly NewItem[]
  readonly expect?: readonly Expectation[]
  readonly key?: string
  readonly outcome: 'acknowledged' | 'notWritten' | 'unknown' | 'conflict'
  /** If it is acknowledged. */
  readonly seqnums?: readonly number[]
  /** If it is in conflict. */
  readonly conflicts?: readonly { readonly index: number; readonly actual: number }[]
}

export interface ReadEvent extends Timed {
  readonly do: 'read'
  readonly tag?: string
  /** Inclusive bounds. */
  readonly from: number
  readonly to: number
  readonly limit: number
  readonly reverse: boolean
  readonly records: readonly SeenRecord[]
}

export interface TailEvent extends Timed {
  readonly do: 'tail'
  readonly tag?: string
  readonly seqnum: number
}

export interface TrimEvent extends Timed {
  readonly do: 'trim'
  readonly before: number
  readonly outcome: 'acknowledged' | 'notWritten' | 'unknown'
}

export type HistoryEvent = AppendEvent | ReadEvent | TailEvent | TrimEvent

/** Monotonic, and the same for all threads and processes of a machine. */
export const machineClock = (): number => Number(process.hrtime.bigint())

export interface Caller {
  readonly process: string
  readonly writer: string
}

type AppendOptions = {
  expect?: Expectation | readonly Expectation[]
  key?: string
  durability?: 'disk' | 'os'
}
/** Calls of a book that later versions have more options for. */
type AnyBook = {
  append(data: Uint8Array, options: object): Promise<number>
  appendMany(items: readonly object[], options: object): Promise<number[]>
}

export const seen = ({ seqnum, data, tags }: LogRecord<Uint8Array>): SeenRecord => ({
  seqnum,
  data: Buffer.from(data).toString(),
  tags: [...tags],
})

/** What the log holds now, as the judge wants it. */
export async function finalLog(log: Log, books: readonly string[]): Promise<Map<string, SeenRecord[]>> {
  const final = new Map<string, SeenRecord[]>()
  for (const name of books) {
    const records: SeenRecord[] = []
    for await (const record of log.book(name).read()) records.push(seen(record))
    final.set(name, records)
  }
  return final
}

/** Collects events; `recorded` makes calls that note themselves. */
export class History {
  readonly events: HistoryEvent[] = []
  readonly #clock: () => number

  constructor(clock: () => number = machineClock) {
    this.#clock = clock
  }

  add(...events: readonly HistoryEvent[]): void {
    for (const event of events) this.events.push(event)
  }

  recorded(book: Book, name: string, caller: Caller): RecordedBook {
    return new RecordedBook(this, book, name, caller, this.#clock)
  }
}

/** A book whose calls are noted in a history. Errors that say what became of one are noted, not thrown. */
export class RecordedBook {
  readonly #history: History
  readonly #book: Book
  readonly #clock: () => number
  readonly #who: { process: string; book: string }
  readonly #writer: string

  constructor(history: History, book: Book, name: string, caller: Caller, clock: () => number) {
    this.#history = history
    this.#book = book
    this.#who = { process: caller.process, book: name }
    this.#writer = caller.writer
    this.#clock = clock
  }

  /** Of several items a group. Resolves to the seqnums, or to the error's code. */
  async append(items: readonly NewItem[], options: AppendOptions = {}): Promise<readonly number[] | string> {
    const { expect, key } = options
    const start = this.#clock()
    const note = (rest: Pick<AppendEvent, 'outcome' | 'seqnums' | 'conflicts'>) =>
      this.#history.add({
        ...this.#who,
        do: 'append',
        writer: this.#writer,
        start,
        end: this.#clock(),
        items,
        ...(expect === undefined ? {} : { expect: [expect].flat() }),
        ...(key === undefined ? {} : { key }),
        ...rest,
      })
    const book = this.#book as unknown as AnyBook
    const encoded = items.map(({ data, tags }) => ({ data: Buffer.from(data), tags }))
    const [first] = encoded
    try {
      const seqnums =
        encoded.length === 1 && first !== undefined
          ? [await book.append(first.data, { ...options, tags: first.tags })]
          : await book.appendMany(encoded, options)
      note({ outcome: 'acknowledged', seqnums })
      return seqnums
    } catch (error) {
      if (!isDaybookError(error)) throw error
      const { conflicts } = error as { conflicts?: AppendEvent['conflicts'] }
      if (conflicts === undefined) note({ outcome: error.outcome ?? 'notWritten' })
      else note({ outcome: 'conflict', conflicts: conflicts.map(({ index, actual }) => ({ index, actual })) })
      return error.code
    }
  }

  async read(
    options: { tag?: string; from?: number; to?: number; limit?: number; reverse?: boolean } = {},
  ): Promise<readonly SeenRecord[]> {
    const { tag, from = 0, to = Number.POSITIVE_INFINITY } = options
    const { limit = Number.POSITIVE_INFINITY, reverse = false } = options
    const start = this.#clock()
    const records: SeenRecord[] = []
    for await (const record of this.#book.read({ ...options })) records.push(seen(record))
    const bounds = { from, to, limit, reverse }
    const named = tag === undefined ? {} : { tag }
    this.#history.add({ ...this.#who, do: 'read', start, end: this.#clock(), ...named, ...bounds, records })
    return records
  }

  async tail(tag?: string): Promise<number> {
    const start = this.#clock()
    const named = tag === undefined ? {} : { tag }
    const seqnum = await this.#book.tail(named)
    this.#history.add({ ...this.#who, do: 'tail', start, end: this.#clock(), ...named, seqnum })
    return seqnum
  }

  async trim(before: number): Promise<void> {
    const start = this.#clock()
    const note = (outcome: TrimEvent['outcome']) =>
      this.#history.add({ ...this.#who, do: 'trim', start, end: this.#clock(), before, outcome })
    try {
      await this.#book.trim({ before })
      note('acknowledged')
    } catch (error) {
      if (!isDaybookError(error)) throw error
      note(error.outcome ?? 'notWritten')
    }
  }
}
