// One book of an in-memory log: its records by tag, how much it holds, and what it keeps.

import type { Selected } from './query.js'
import type { BookInfo, Retention } from './types.js'
import { tagBytes } from './validate.js'

export interface MemoryRecord {
  readonly seqnum: number
  readonly timestamp: number
  readonly tags: readonly string[]
  readonly data: Uint8Array
}

/** Records below `before` do not carry a tag any more, since the commit `index`. */
interface TagMark {
  readonly before: number
  readonly index: number
}

/** Checksum, flags, size, number of the book, number of tags: as a record has them in a log on disk. */
const framingBytes = 9

export class MemoryBook {
  readonly name: string
  /** By tag, and under null all of them: the visible records in seqnum order. */
  readonly #streams = new Map<string | null, MemoryRecord[]>([[null, []]])
  readonly #tagMarks = new Map<string, TagMark>()
  /** What each visible record takes, whatever tags it has lost since. */
  readonly #sizes = new Map<number, number>()
  #bytes = 0
  /** False until something is written to the book, and again when it is dropped. */
  exists = false
  retention: Retention | null = null
  trimmedBefore = 0
  lastSeqnum = -1
  /** Called when records below a seqnum have gone. */
  readonly #forget: (book: MemoryBook, before: number) => void

  constructor(name: string, forget: (book: MemoryBook, before: number) => void) {
    this.name = name
    this.#forget = forget
  }

  get info(): BookInfo {
    const { name, retention } = this
    return { name, records: this.#records.length, bytes: this.#bytes, retention }
  }

  get #records(): readonly MemoryRecord[] {
    return this.stream(null)
  }

  stream(tag: string | null): readonly MemoryRecord[] {
    return this.#streams.get(tag) ?? []
  }

  select(selected: Selected): readonly MemoryRecord[] {
    if (selected === null || typeof selected === 'string') return this.stream(selected)
    return this.#records.filter(({ tags }) => selected.matches(tags))
  }

  add(record: MemoryRecord): void {
    this.exists = true
    this.lastSeqnum = record.seqnum
    this.#sizes.set(record.seqnum, bytesOf(record))
    this.#bytes += bytesOf(record)
    for (const tag of [null, ...record.tags]) {
      const stream = this.#streams.get(tag)
      if (stream === undefined) this.#streams.set(tag, [record])
      else stream.push(record)
    }
  }

  trim(before: number): void {
    this.exists = true
    // Records to come are not trimmed, however far the mark was meant to be.
    const mark = Math.min(before, this.lastSeqnum + 1)
    if (mark <= this.trimmedBefore) return
    this.trimmedBefore = mark
    this.#forget(this, mark)
    for (const record of this.#records) {
      if (record.seqnum >= mark) break
      this.#uncount(record)
    }
    for (const [tag, records] of this.#streams) {
      const kept = records.filter((record) => record.seqnum >= mark)
      if (tag !== null && kept.length === 0) this.#streams.delete(tag)
      else this.#streams.set(tag, kept)
    }
  }

  trimTag(tag: string, before: number, index: number): void {
    this.exists = true
    const mark = Math.min(before, this.lastSeqnum + 1)
    if (mark <= (this.#tagMarks.get(tag)?.before ?? 0)) return
    this.#tagMarks.set(tag, { before: mark, index })
    for (const record of [...this.stream(tag)]) {
      if (record.seqnum >= mark) break
      const tags = record.tags.filter((other) => other !== tag)
      const left = tags.length === 0 ? undefined : { ...record, tags }
      for (const stream of [null, ...record.tags]) {
        this.#replace(stream, record, stream === tag ? undefined : left)
      }
      if (left === undefined) this.#uncount(record)
    }
  }

  tagTrimmedBefore(tag: string | null, after: number): number {
    const marks = tag === null ? [...this.#tagMarks.values()] : [this.#tagMarks.get(tag)]
    return Math.max(0, ...marks.map((mark) => (mark !== undefined && mark.index > after ? mark.before : 0)))
  }

  #replace(tag: string | null, record: MemoryRecord, by: MemoryRecord | undefined): void {
    const stream = this.#streams.get(tag) as MemoryRecord[]
    stream.splice(stream.indexOf(record), 1, ...(by === undefined ? [] : [by]))
    if (tag !== null && stream.length === 0) this.#streams.delete(tag)
  }

  #uncount({ seqnum }: MemoryRecord): void {
    this.#bytes -= this.#sizes.get(seqnum) ?? 0
    this.#sizes.delete(seqnum)
  }

  retain(retention: Retention | null): void {
    this.exists = true
    this.retention = retention
  }

  drop(): void {
    if (!this.exists) return
    this.trim(Number.POSITIVE_INFINITY)
    this.retention = null
    this.exists = false
  }

  /** Trims what is over a limit at the time of the log. */
  applyRetention(now: number): void {
    if (this.retention === null) return
    const { maxAge = Infinity, maxBytes = Infinity, maxRecords = Infinity } = this.retention
    let [count, bytes] = [this.#records.length, this.#bytes]
    for (const record of this.#records) {
      const isOver = count > maxRecords || bytes > maxBytes || now - record.timestamp > maxAge
      if (!isOver) {
        this.trim(record.seqnum)
        return
      }
      count--
      bytes -= this.#sizes.get(record.seqnum) ?? 0
    }
    this.trim(Number.POSITIVE_INFINITY)
  }
}

function bytesOf({ data, tags }: MemoryRecord): number {
  return framingBytes + data.byteLength + tagBytes(tags) + tags.length
}
