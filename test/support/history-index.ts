// What the judge of a history looks things up in: marks in time, and the records of a book by seqnum and tag.

import type { AppendEvent, Expectation, SeenRecord } from './history.js'

/** Values that were known from some moment on; tells the highest one known before another moment. */
export class Marks {
  readonly #marks: { time: number; value: number }[] = []
  #isSorted = true

  add(time: number, value: number): void {
    this.#marks.push({ time, value })
    this.#isSorted = false
  }

  /** The highest value of a moment strictly before `time`; -1 if there is none. */
  before(time: number): number {
    this.#sort()
    const at = lowerBound(this.#marks, time, (mark) => mark.time)
    return this.#marks[at - 1]?.value ?? -1
  }

  /** Afterwards each mark has the highest value up to it. */
  #sort(): void {
    if (this.#isSorted) return
    this.#marks.sort((a, b) => a.time - b.time)
    let highest = -1
    for (const mark of this.#marks) {
      highest = Math.max(highest, mark.value)
      mark.value = highest
    }
    this.#isSorted = true
  }
}

/** Index of the first element whose key is at least `value`. */
export function lowerBound<T>(list: readonly T[], value: number, key: (element: T) => number): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (key(list[middle] as T) < value) low = middle + 1
    else high = middle
  }
  return low
}

export interface KnownRecord extends SeenRecord {
  /** The append that made it, as far as it is known. */
  readonly append: AppendEvent
}

const bySeqnum = ({ seqnum }: KnownRecord) => seqnum
const nothing: readonly KnownRecord[] = []

/** Everything that was ever seen of a book, in its order. */
export class KnownBook {
  readonly records = new Map<number, KnownRecord>()
  #streams: Map<string | undefined, KnownRecord[]> | undefined

  add(record: KnownRecord): void {
    this.records.set(record.seqnum, record)
    this.#streams = undefined
  }

  /** Ascending; of all tags if `tag` is undefined. */
  stream(tag: string | undefined): readonly KnownRecord[] {
    this.#streams ??= this.#sort()
    return this.#streams.get(tag) ?? nothing
  }

  /** Index in the stream of the first record at or above. */
  at(stream: readonly KnownRecord[], seqnum: number): number {
    return lowerBound(stream, seqnum, bySeqnum)
  }

  /** The newest record that matches and lies in `from` to `to`. */
  newest(expectation: Expectation, from: number, to: number): KnownRecord | undefined {
    let newest: KnownRecord | undefined
    for (const tags of alternatives(expectation)) {
      const stream = this.stream(tags[0])
      for (let at = this.at(stream, to + 1) - 1; at >= 0; at--) {
        const record = stream[at] as KnownRecord
        if (record.seqnum < Math.max(from, newest?.seqnum ?? from)) break
        if (!tags.every((tag) => record.tags.includes(tag))) continue
        newest = record
        break
      }
    }
    return newest
  }

  #sort(): Map<string | undefined, KnownRecord[]> {
    const streams = new Map<string | undefined, KnownRecord[]>([[undefined, []]])
    const all = [...this.records.values()].sort((a, b) => a.seqnum - b.seqnum)
    for (const record of all) {
      for (const tag of [undefined, ...record.tags]) {
        const stream = streams.get(tag)
        if (stream === undefined) streams.set(tag, [record])
        else stream.push(record)
      }
    }
    return streams
  }
}

/** Each a set of tags that a record must carry to match; the whole book: one empty set. */
function alternatives({ tag, match }: Expectation): readonly (readonly string[])[] {
  if (tag !== undefined) return [[tag]]
  if (match === undefined) return [[]]
  return 'all' in match ? [match.all] : match.any.map((one) => (typeof one === 'string' ? [one] : one.all))
}

export function matches(expectation: Expectation, tags: readonly string[]): boolean {
  return alternatives(expectation).some((set) => set.every((tag) => tags.includes(tag)))
}
