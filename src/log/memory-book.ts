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

/** Checksum, flags, size, number of the book, number of tags: as a record has them in a log on disk. */
const framingBytes = 9

export class MemoryBook {
  readonly name: string
  /** By tag, and under null all of them: the visible records in seqnum order. */
  readonly #streams = new Map<string | null, MemoryRecord[]>([[null, []]])
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
      this.#bytes -= bytesOf(record)
    }
    for (const [tag, records] of this.#streams) {
      const kept = records.filter((record) => record.seqnum >= mark)
      if (tag !== null && kept.length === 0) this.#streams.delete(tag)
      else this.#streams.set(tag, kept)
    }
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
      bytes -= bytesOf(record)
    }
    this.trim(Number.POSITIVE_INFINITY)
  }
}

function bytesOf({ data, tags }: MemoryRecord): number {
  return framingBytes + data.byteLength + tagBytes(tags) + tags.length
}
