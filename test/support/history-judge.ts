// Judges a history against what the log holds in the end. No search is needed, since the seqnums are the
// order (unlike for other histories: Gibbons and Korach, "Testing shared memories", 1997): every rule is a
// sweep over sorted times or positions, n log n in the events and records.

import type { AppendEvent, HistoryEvent, ReadEvent, SeenRecord, TailEvent, TrimEvent } from './history.js'
import { KnownBook, type KnownRecord, Marks, matches } from './history-index.js'

export interface Rules {
  /**
   * Whether all books are in one order, as in an embedded log: what was acknowledged in one is in front of
   * what is begun in another. Default: true.
   */
  readonly oneOrder?: boolean
  /** Books that trim by themselves: records of theirs may be missing. Default: none. */
  readonly retained?: readonly string[]
}

/** By book, what it holds in the end, in its order. */
export type FinalLog = ReadonlyMap<string, readonly SeenRecord[]>

interface Trim {
  readonly event: TrimEvent
  /** The mark is at least, and at most, here. */
  readonly least: number
  readonly most: number
}

/** Every violation, in words; none: the log may have behaved so. */
export function judge(events: readonly HistoryEvent[], final: FinalLog, rules: Rules = {}): string[] {
  return new Judge(events, final, rules).run()
}

class Judge {
  readonly #final: FinalLog
  readonly #oneOrder: boolean
  readonly #retained: ReadonlySet<string>
  readonly #violations: string[] = []
  readonly #appends: AppendEvent[] = []
  readonly #reads: ReadEvent[] = []
  readonly #tails: TailEvent[] = []
  readonly #trimEvents: TrimEvent[] = []
  readonly #books = new Map<string, KnownBook>()
  /** By book and data, the append that made it and its place in the group. */
  readonly #makers = new Map<string, { append: AppendEvent; place: number }>()
  /** What anybody knew to be ordered, and what a process knew, from when on. */
  readonly #ordered = new Map<string, Marks>()
  readonly #known = new Map<string, Marks>()
  /** Marks of trims: that must hold, from when they were acknowledged on; that may, from when they began. */
  readonly #mustBeGone = new Map<string, Marks>()
  readonly #mayBeGone = new Map<string, Marks>()

  constructor(events: readonly HistoryEvent[], final: FinalLog, rules: Rules) {
    this.#final = final
    this.#oneOrder = rules.oneOrder ?? true
    this.#retained = new Set(rules.retained)
    for (const event of events) {
      if (event.do === 'append') this.#appends.push(event)
      else if (event.do === 'read') this.#reads.push(event)
      else if (event.do === 'tail') this.#tails.push(event)
      else this.#trimEvents.push(event)
    }
  }

  run(): string[] {
    this.#noteMakers()
    this.#noteRecords()
    this.#noteTimes()
    this.#noteTrims()
    for (const [book, records] of this.#final) this.#judgeFinal(book, records)
    for (const append of this.#appends) this.#judgeAppend(append)
    this.#judgeOrder()
    this.#judgeKeys()
    for (const read of this.#reads) this.#judgeRead(read)
    for (const tail of this.#tails) this.#judgeTail(tail)
    return this.#violations
  }

  #fail(what: string): void {
    this.#violations.push(what)
  }

  #book(name: string): KnownBook {
    return entry(this.#books, name, () => new KnownBook())
  }

  /** One for all books that are in one order. */
  #scope(book: string): string {
    return this.#oneOrder ? '' : book
  }

  #marks(map: Map<string, Marks>, key: string): Marks {
    return entry(map, key, () => new Marks())
  }

  #noteMakers(): void {
    for (const append of this.#appends) {
      for (const [place, { data }] of append.items.entries()) {
        const id = JSON.stringify([append.book, data])
        if (this.#makers.has(id)) this.#fail(`two appends share the data ${data}: the history is of no use`)
        this.#makers.set(id, { append, place })
      }
    }
  }

  #maker(book: string, data: string) {
    return this.#makers.get(JSON.stringify([book, data]))
  }

  /** Whatever anybody has seen, or was told: one content for each seqnum. */
  #noteRecords(): void {
    for (const [book, records] of this.#final) for (const record of records) this.#noteSeen(book, record)
    for (const { book, records } of this.#reads) for (const record of records) this.#noteSeen(book, record)
    for (const append of this.#appends) {
      const { book, key, seqnums = [] } = append
      for (const [place, seqnum] of seqnums.entries()) {
        const item = append.items[place]
        // With a key it may be another append's record; those are judged by key.
        if (item === undefined || (key !== undefined && !this.#holds(book, seqnum, item.data))) continue
        this.#noteSeen(book, { seqnum, ...item })
      }
    }
  }

  #holds(book: string, seqnum: number, data: string): boolean {
    return this.#book(book).records.get(seqnum)?.data === data
  }

  #noteSeen(book: string, { seqnum, data, tags }: SeenRecord): void {
    const maker = this.#maker(book, data)
    if (maker === undefined) {
      this.#fail(`${data} at ${seqnum} in ${book} was appended by nobody`)
      return
    }
    const { append, place } = maker
    if (append.outcome === 'notWritten' || append.outcome === 'conflict')
      this.#fail(`${data} at ${seqnum} in ${book} has shown up, and was said to be ${append.outcome}`)
    const given = [...new Set(append.items[place]?.tags)]
    if (JSON.stringify(given) !== JSON.stringify(tags))
      this.#fail(`${data} at ${seqnum} in ${book} has the tags ${tags}, and not ${given}`)
    const known = this.#book(book).records.get(seqnum)
    if (known === undefined) this.#book(book).add({ seqnum, data, tags, append })
    else if (known.data !== data)
      this.#fail(`at ${seqnum} in ${book} one has seen ${known.data}, and another ${data}`)
  }

  /** Whether the append has made records of its own at its seqnums, and is no repeat of a key. */
  #isMaker({ book, key, items, seqnums = [] }: AppendEvent): boolean {
    const [seqnum] = seqnums
    if (seqnum === undefined) return false
    return key === undefined || this.#holds(book, seqnum, items[0]?.data ?? '')
  }

  #noteTimes(): void {
    const note = (event: { process: string; book: string; end: number }, seqnum: number) => {
      this.#marks(this.#ordered, this.#scope(event.book)).add(event.end, seqnum)
      const key = JSON.stringify([event.process, this.#scope(event.book)])
      this.#marks(this.#known, key).add(event.end, seqnum)
    }
    for (const append of this.#appends) for (const seqnum of append.seqnums ?? []) note(append, seqnum)
    for (const read of this.#reads) for (const { seqnum } of read.records) note(read, seqnum)
    for (const tail of this.#tails) if (tail.seqnum >= 0) note(tail, tail.seqnum)
  }

  /** The last seqnum that anybody knew of when the append began: it comes behind. */
  #orderedBefore({ book, start }: AppendEvent): number {
    return this.#marks(this.#ordered, this.#scope(book)).before(start)
  }

  /** The last seqnum that a read by this process, begun at `start`, must know of. */
  #horizon({ process, book, start }: { process: string; book: string; start: number }): number {
    return this.#marks(this.#known, JSON.stringify([process, this.#scope(book)])).before(start)
  }

  /**
   * A trim reaches no record that is ordered behind it. So its mark is at most behind the last record that
   * was begun before it ended, and at least behind what was acknowledged before it began, if it asked for as
   * much.
   */
  #noteTrims(): void {
    for (const name of new Set(this.#trimEvents.map(({ book }) => book))) {
      const [begun, acknowledged] = [new Marks(), new Marks()]
      for (const { seqnum, append } of this.#book(name).records.values()) {
        begun.add(append.start, seqnum)
        if (append.outcome === 'acknowledged') acknowledged.add(append.end, seqnum)
      }
      for (const event of this.#trimEvents.filter(({ book }) => book === name)) {
        if (event.outcome === 'notWritten') continue
        const { start, before, outcome } = event
        const end = outcome === 'acknowledged' ? event.end : Number.POSITIVE_INFINITY
        const trim: Trim = {
          event,
          least: Math.min(before, acknowledged.before(start) + 1),
          most: Math.min(before, begun.before(end) + 1),
        }
        this.#marks(this.#mayBeGone, name).add(start, trim.most)
        if (outcome === 'acknowledged') this.#marks(this.#mustBeGone, name).add(end, trim.least)
      }
    }
  }

  /** Below it a record may be missing from what is read up to `time`. */
  #mayMissBelow(book: string, time: number): number {
    if (this.#retained.has(book)) return Number.POSITIVE_INFINITY
    return this.#marks(this.#mayBeGone, book).before(time)
  }

  /** Below it there must be no record in what is read from `time` on. */
  #mustMissBelow(book: string, time: number): number {
    return this.#marks(this.#mustBeGone, book).before(time)
  }

  #judgeFinal(book: string, records: readonly SeenRecord[]): void {
    const places = new Map<string, number>()
    let last = -1
    const gone = this.#mustMissBelow(book, Number.POSITIVE_INFINITY)
    for (const { seqnum, data } of records) {
      if (seqnum <= last) this.#fail(`in ${book} ${seqnum} comes behind ${last}`)
      if (seqnum < gone) this.#fail(`${data} at ${seqnum} in ${book} was trimmed, and is there`)
      const other = places.get(data)
      if (other !== undefined) this.#fail(`${data} is in ${book} twice, at ${other} and at ${seqnum}`)
      places.set(data, seqnum)
      last = seqnum
    }
    const kept = this.#mayMissBelow(book, Number.POSITIVE_INFINITY)
    const present = new Set(records.map(({ seqnum }) => seqnum))
    for (const { seqnum, data, append } of this.#book(book).records.values()) {
      if (present.has(seqnum) || seqnum < kept) continue
      const how = append.outcome === 'acknowledged' ? 'was acknowledged' : 'was seen'
      this.#fail(`${data} at ${seqnum} in ${book} ${how}, and is lost`)
    }
  }

  #judgeAppend(append: AppendEvent): void {
    const { book, items, seqnums = [] } = append
    const what = items[0]?.data
    if (append.outcome === 'acknowledged') {
      const isRepeat = append.key !== undefined && !this.#isMaker(append)
      if (seqnums.length !== items.length && !isRepeat)
        this.#fail(`${what} in ${book}: ${items.length} records were given ${seqnums.length} seqnums`)
      if (seqnums.some((seqnum, place) => seqnum !== (seqnums[0] as number) + place))
        this.#fail(`${what} in ${book}: the seqnums of a group are not consecutive: ${seqnums}`)
    }
    if (append.outcome === 'conflict') this.#judgeConflict(append)
  }

  /** Accepted: nothing that matches lies between `after` and its own place. */
  #judgeAccepted({ book, start, end, expect = [] }: AppendEvent, own: number): void {
    for (const condition of expect) {
      // What was being trimmed meanwhile may not have counted any more.
      const from = Math.max(condition.after + 1, this.#mayMissBelow(book, end))
      const match = this.#book(book).newest(condition, from, own - 1)
      if (match === undefined) continue
      this.#fail(
        `${own} in ${book}, begun at ${start}, expected nothing behind ${condition.after}, ` +
          `and ${match.seqnum} was there`,
      )
    }
  }

  /** In conflict: what it names is there, matches, and is no older than the newest that it must know of. */
  #judgeConflict(append: AppendEvent): void {
    const { book, items, expect = [], conflicts = [], end } = append
    const what = `the conflict of ${items[0]?.data} in ${book}`
    if (conflicts.length === 0) this.#fail(`${what} names nothing`)
    for (const { index, actual } of conflicts) {
      const condition = expect[index]
      if (condition === undefined) {
        this.#fail(`${what} names condition ${index}, which it did not have`)
        continue
      }
      if (actual <= condition.after)
        this.#fail(`${what} names ${actual}, which is not behind ${condition.after}`)
      const record = this.#book(book).records.get(actual)
      if (record === undefined) {
        const isSeen = actual < this.#mayMissBelow(book, end)
        if (!isSeen) this.#fail(`${what} names ${actual}, which nobody has seen`)
        continue
      }
      if (!matches(condition, record.tags)) this.#fail(`${what} names ${actual}, which does not match`)
      if (record.append.start >= end) this.#fail(`${what} names ${actual}, which was begun later`)
      const newest = this.#book(book).newest(condition, actual + 1, this.#orderedBefore(append))
      if (newest !== undefined && newest.seqnum >= this.#mayMissBelow(book, end))
        this.#fail(`${what} names ${actual}, and ${newest.seqnum} was newer`)
    }
  }

  /** Real time, the order of each writer, and groups. */
  #judgeOrder(): void {
    const places = new Map<AppendEvent, Map<number, number>>()
    for (const [book, known] of this.#books) {
      for (const { seqnum, data, append } of known.records.values()) {
        const place = this.#maker(book, data)?.place ?? 0
        entry(places, append, () => new Map<number, number>()).set(place, seqnum)
      }
    }
    const writers = new Map<string, { seqnum: number; data: string }>()
    for (const append of [...this.#appends].sort((a, b) => a.start - b.start)) {
      const found = places.get(append)
      if (found === undefined) continue
      const { book, items } = append
      const [[place, seqnum]] = found as unknown as [[number, number]]
      const first = seqnum - place
      this.#judgeGroup(append, first, found)
      this.#judgeAccepted(append, first)
      const what = `${items[0]?.data} at ${first} in ${book}`
      const before = this.#orderedBefore(append)
      if (first <= before) this.#fail(`${what} was begun when ${before} was there, and comes before it`)
      const writer = JSON.stringify([append.process, append.writer, this.#scope(book)])
      const last = writers.get(writer)
      if (last !== undefined && first <= last.seqnum)
        this.#fail(`${what} was made behind ${last.data} at ${last.seqnum}, and comes before it`)
      writers.set(writer, { seqnum: first + items.length - 1, data: items[0]?.data ?? '' })
    }
  }

  #judgeGroup({ book, items }: AppendEvent, first: number, found: ReadonlyMap<number, number>): void {
    const gone = this.#mayMissBelow(book, Number.POSITIVE_INFINITY)
    for (const [place, { data }] of items.entries()) {
      const seqnum = found.get(place)
      if (seqnum === undefined && first + place >= gone)
        this.#fail(`the group of ${items[0]?.data} in ${book} is not whole: ${data} is missing`)
      if (seqnum !== undefined && seqnum !== first + place)
        this.#fail(`the group of ${items[0]?.data} in ${book} is torn apart: ${data} is at ${seqnum}`)
    }
  }

  /** All that is acknowledged under a key is one and the same record. */
  #judgeKeys(): void {
    const keys = new Map<string, AppendEvent[]>()
    for (const append of this.#appends) {
      if (append.key === undefined) continue
      entry(keys, JSON.stringify([append.book, append.key]), () => [] as AppendEvent[]).push(append)
    }
    for (const appends of keys.values()) {
      const { book, key } = appends[0] as AppendEvent
      const told = new Set(appends.flatMap(({ seqnums = [] }) => seqnums.slice(0, 1)))
      const datas = new Set(appends.flatMap(({ items }) => items.map(({ data }) => data)))
      const made = new Set<number>()
      for (const [seqnum, { append }] of this.#book(book).records)
        if (append.key === key && this.#maker(book, append.items[0]?.data ?? '')?.append === append)
          if (this.#holds(book, seqnum, append.items[0]?.data ?? '')) made.add(seqnum)
      const all = new Set([...told, ...made])
      if (all.size > 1) this.#fail(`the key ${key} in ${book} has several seqnums: ${[...all]}`)
      for (const seqnum of told) {
        const record = this.#book(book).records.get(seqnum)
        if (record !== undefined && !datas.has(record.data))
          this.#fail(`the key ${key} in ${book} was told ${seqnum}, where ${record.data} is`)
        if (record === undefined && seqnum >= this.#mayMissBelow(book, Number.POSITIVE_INFINITY))
          this.#fail(`the key ${key} in ${book} was told ${seqnum}, where nothing is`)
      }
    }
  }

  #judgeRead(read: ReadEvent): void {
    const { book, tag, from, to, limit, reverse, start, end } = read
    const known = this.#book(book)
    const what = `the read of ${book}${tag === undefined ? '' : ` by ${tag}`} begun at ${start}`
    const records = reverse ? [...read.records].reverse() : read.records
    const gone = this.#mustMissBelow(book, start)
    for (const [i, { seqnum, data, tags }] of records.entries()) {
      const before = records[i - 1]?.seqnum ?? -1
      if (seqnum <= before) this.#fail(`${what} gave ${seqnum} out of order`)
      if (seqnum < from || seqnum > to) this.#fail(`${what} gave ${seqnum}, outside of its bounds`)
      if (tag !== undefined && !tags.includes(tag))
        this.#fail(`${what} gave ${seqnum}, which has not the tag`)
      if (seqnum < gone) this.#fail(`${what} gave ${seqnum}, which was trimmed before`)
      const append = this.#maker(book, data)?.append
      if (append !== undefined && append.start >= end) this.#fail(`${what} gave ${seqnum}, begun behind it`)
    }
    if (records.length > limit) this.#fail(`${what} gave more than ${limit} records`)
    this.#judgeGaps(read, what, known, records)
  }

  /** A read shows a stretch of the log without a hole, up to what was known when it began. */
  #judgeGaps(read: ReadEvent, what: string, known: KnownBook, records: readonly SeenRecord[]): void {
    const { book, tag, from, to, limit, reverse, end } = read
    const isCut = records.length >= limit
    const [first, last] = [records[0]?.seqnum, records.at(-1)?.seqnum]
    const low = Math.max(reverse && isCut ? (first ?? to + 1) : from, this.#mayMissBelow(book, end))
    const seenTo = reverse || !isCut ? Math.max(this.#horizon(read), last ?? -1) : (last ?? -1)
    const high = Math.min(to, seenTo)
    const given = new Set(records.map(({ seqnum }) => seqnum))
    const stream = known.stream(tag)
    for (let at = known.at(stream, low); at < stream.length; at++) {
      const { seqnum } = stream[at] as KnownRecord
      if (seqnum > high) break
      if (!given.has(seqnum)) this.#fail(`${what} did not give ${seqnum}, which was there`)
    }
  }

  #judgeTail(tail: TailEvent): void {
    const { book, tag, seqnum, start, end } = tail
    const known = this.#book(book)
    const what = `the tail of ${book}${tag === undefined ? '' : ` by ${tag}`} taken at ${start}`
    const stream = known.stream(tag)
    const record = known.records.get(seqnum)
    if (seqnum >= 0) {
      if (seqnum < this.#mustMissBelow(book, start)) this.#fail(`${what} is ${seqnum}, which was trimmed`)
      const isGone = record === undefined && seqnum < this.#mayMissBelow(book, Number.POSITIVE_INFINITY)
      const isThere = record !== undefined && (tag === undefined || record.tags.includes(tag))
      if (!isThere && !isGone) this.#fail(`${what} is ${seqnum}, where there is no such record`)
      if (record !== undefined && record.append.start >= end)
        this.#fail(`${what} is ${seqnum}, begun behind it`)
    }
    const last = stream[known.at(stream, this.#horizon(tail) + 1) - 1]
    if (last !== undefined && last.seqnum > seqnum && last.seqnum >= this.#mayMissBelow(book, end))
      this.#fail(`${what} is ${seqnum}, and ${last.seqnum} was there`)
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
