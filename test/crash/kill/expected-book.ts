// What is known of one book from outside of the processes that write it, and the judgement on what is read.

/** One record: of which append, and the how manieth of how many. */
export interface KnownRecord {
  readonly number: number
  readonly place: number
  readonly count: number
}

export interface FoundRecord extends KnownRecord {
  readonly seqnum: number
  readonly tags: readonly string[]
}

export interface ReadBook {
  readonly all: readonly FoundRecord[]
  /** By one of the tags. */
  readonly tag: string
  readonly tagged: readonly FoundRecord[]
}

/** Appends that a process may have made. */
export interface Numbers {
  readonly first: number
  readonly end: number
}

export interface Rules {
  /** It keeps so many records by itself: older ones may go at any time. */
  readonly retained?: number
}

/** `10/0/2 ....` @throws Error if it is nothing that the writer makes */
export function parseData(data: Uint8Array): KnownRecord {
  const text = Buffer.from(data).toString('latin1')
  const [, number, place, count] = /^(\d+)\/(\d+)\/(\d+) \.*$/.exec(text) ?? []
  if (count === undefined) throw new Error(`bytes that nobody wrote: ${text.slice(0, 60)}`)
  return { number: Number(number), place: Number(place), count: Number(count) }
}

export class ExpectedBook {
  readonly #rules: Rules
  /** By seqnum: acknowledged, or seen. */
  readonly #known = new Map<number, KnownRecord>()
  /** Below it nothing is there any more. */
  #gone = 0
  /** Trims that were begun and not acknowledged. */
  #cuts: number[] = []

  constructor(rules: Rules = {}) {
    this.#rules = rules
  }

  get size(): number {
    return this.#known.size
  }

  acknowledge(number: number, count: number, seqnum: number): void {
    for (let place = 0; place < count; place++) this.#known.set(seqnum + place, { number, place, count })
  }

  beginCut(before: number): void {
    this.#cuts.push(before)
  }

  endCut(before: number): void {
    this.#cuts.splice(this.#cuts.indexOf(before), 1)
    this.#forget(before)
  }

  /** What is wrong with what was read; nothing: it is taken up as known. */
  judge(read: ReadBook, current: Numbers): string[] {
    const wrong = [
      ...this.#judgeGone(read.all),
      ...this.#judgeKnown(read.all),
      ...this.#judgeNew(read.all, current),
      ...judgeTags(read),
    ]
    if (wrong.length > 0) return wrong
    this.#forget(read.all[0]?.seqnum ?? Math.max(this.#gone, ...[...this.#known.keys()].map((s) => s + 1)))
    for (const record of read.all) this.#known.set(record.seqnum, record)
    this.#cuts = []
    return []
  }

  /** What is missing is what was trimmed: a beginning, no more than was asked for, and all of it. */
  #judgeGone(all: readonly FoundRecord[]): string[] {
    const found = new Set(all.map(({ seqnum }) => seqnum))
    const missing = [...this.#known.keys()].filter((seqnum) => !found.has(seqnum))
    const lastMissing = Math.max(-1, ...missing)
    const firstFound = all[0]?.seqnum ?? Number.POSITIVE_INFINITY
    const { retained } = this.#rules
    const wrong: string[] = []
    if (firstFound < this.#gone) wrong.push(`seqnum ${firstFound} is there, trimmed below ${this.#gone}`)
    if (lastMissing > firstFound)
      wrong.push(`seqnum ${lastMissing} was acknowledged, and is missing behind ${firstFound}`)
    if (retained === undefined) {
      const cut = Math.max(this.#gone, ...this.#cuts)
      if (lastMissing >= cut) wrong.push(`seqnum ${lastMissing} was acknowledged, and is lost`)
      // A trim takes effect as a whole.
      const isWhole =
        missing.length === 0 || [...this.#cuts, this.#gone].some((c) => this.#cutsJust(missing, c))
      if (!isWhole) wrong.push(`${missing.length} records up to ${lastMissing} are gone: no trim said so`)
    } else if (missing.length > 0 && all.length < retained) {
      wrong.push(`seqnum ${lastMissing} is gone, and only ${all.length} of ${retained} are kept`)
    }
    return wrong
  }

  #cutsJust(missing: readonly number[], before: number): boolean {
    return missing.length === [...this.#known.keys()].filter((seqnum) => seqnum < before).length
  }

  #judgeKnown(all: readonly FoundRecord[]): string[] {
    return all.flatMap((record) => {
      const known = this.#known.get(record.seqnum)
      const isSame = known === undefined || (known.number === record.number && known.place === record.place)
      return isSame ? [] : [`at seqnum ${record.seqnum} is ${describe(record)} instead of ${describe(known)}`]
    })
  }

  /** What nobody has seen before: appends that were under way, whole groups, each once. */
  #judgeNew(all: readonly FoundRecord[], { first, end }: Numbers): string[] {
    const wrong: string[] = []
    const seen = new Map<string, number>()
    let group = { number: -1, place: -1, count: 0, seqnum: -1 }
    for (const record of all) {
      const { number, place, seqnum } = record
      const key = `${number}/${place}`
      const before = seen.get(key)
      if (before !== undefined) wrong.push(`${describe(record)} is there twice, at ${before} and ${seqnum}`)
      seen.set(key, seqnum)
      if (!this.#known.has(seqnum) && (number < first || number >= end))
        wrong.push(`${describe(record)} shows up at ${seqnum}: it was lost before, or never appended`)
      const isNext = number === group.number ? place === group.place + 1 && seqnum === group.seqnum + 1 : true
      const isComplete = number === group.number || group.place === group.count - 1
      // Of the first one a trim may have taken the beginning.
      const isBegin = number === group.number || place === 0 || group.number === -1
      if (!isNext || !isComplete || !isBegin) wrong.push(`the group of ${describe(record)} is not whole`)
      group = record
    }
    if (group.place !== group.count - 1) wrong.push(`the group of ${describe(group)} is not whole`)
    return wrong
  }

  #forget(before: number): void {
    this.#gone = Math.max(this.#gone, before)
    for (const seqnum of this.#known.keys()) if (seqnum < this.#gone) this.#known.delete(seqnum)
  }
}

function judgeTags({ all, tag, tagged }: ReadBook): string[] {
  const due = all.filter(({ tags }) => tags.includes(tag)).map(({ seqnum }) => seqnum)
  const got = tagged.map(({ seqnum }) => seqnum)
  const wrong = all
    .filter(({ number, tags }) => tags.join() !== `all,ten:${number % 10}`)
    .map((record) => `${describe(record)} has the tags ${record.tags.join()}`)
  if (due.join() !== got.join())
    wrong.push(`${due.length} records carry ${tag}, ${got.length} are found by it`)
  return wrong
}

const describe = ({ number, place }: { number: number; place: number } = { number: -1, place: 0 }) =>
  `append ${number}, record ${place}`
