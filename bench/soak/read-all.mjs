// Reads the known records in the ways a log is read, and compares every answer.

import { hotCount, hotRecord, hotRecords, hotTag, keyTag, numberOf } from './known-records.mjs'
import { mib, millions, Table } from './text.mjs'

const lookUps = 20_000
const inFlight = 16

/**
 * @param {import('../../dist/esm/index.js').EmbeddedLog} log
 * @param {import('./known-records.mjs').KnownRecords} known
 * @param {import('./process-figures.mjs').MemoryWatch} watch
 * @returns {Promise<number>} answers that were wrong
 */
export async function readAll(log, known, watch) {
  const reads = new Reads(log.book('soak'), known, watch)
  const { records, keys } = known
  const dice = new Dice(records)
  await reads.measure('a record of a tag', () => {
    const [key, from] = [dice.below(keys), dice.below(records)]
    return reads.expect(reads.book.readNextSync({ tag: keyTag(key), from }), known.next(key, from))
  })
  await reads.measure('the last before', () => {
    const [key, to] = [dice.below(keys), dice.below(records)]
    return reads.expect(reads.book.readPrevSync({ tag: keyTag(key), to }), known.previous(key, to))
  })
  await reads.measure('a tag that no record has', () =>
    reads.expect(reads.book.readNextSync({ tag: keyTag(keys + dice.below(keys)) }), -1),
  )
  await reads.measure('a record by seqnum', () => {
    const i = dice.below(records)
    return reads.expect(reads.book.getSync(i), i)
  })
  await reads.measure(
    `await, ${inFlight} at a time`,
    async () => {
      const [key, from] = [dice.below(keys), dice.below(records)]
      reads.expect(await reads.book.readNext({ tag: keyTag(key), from }), known.next(key, from))
    },
    inFlight,
  )
  await reads.scanKeys(dice)
  await reads.scanHot(dice.below(hotCount))
  return reads.wrong
}

class Reads {
  wrong = 0
  #known
  #watch
  #table = new Table(['reads', 'p50 µs', 'p99 µs', 'max µs', 'k/s', 'native'], 8, 26)

  constructor(book, known, watch) {
    this.book = book
    this.#known = known
    this.#watch = watch
  }

  /** @param {string} what @param {() => unknown} read @param {number} atOnce */
  async measure(what, read, atOnce = 1) {
    const times = []
    const begin = performance.now()
    const caller = async () => {
      while (times.length < lookUps) {
        const start = performance.now()
        const waiting = read()
        if (waiting instanceof Promise) await waiting
        times.push(performance.now() - start)
        this.#watch.glance()
      }
    }
    await Promise.all(Array.from({ length: atOnce }, caller))
    times.sort((a, b) => a - b)
    const at = (share) => (times[Math.floor((times.length - 1) * share)] * 1000).toFixed(0)
    this.#row(what, [at(0.5), at(0.99), at(1)], times.length, begin)
  }

  /** All records of some keys, each in a reader of its own. @param {Dice} dice */
  async scanKeys(dice) {
    const begin = performance.now()
    let found = 0
    for (let scan = 0; scan < lookUps / 20; scan++) {
      const key = dice.below(this.#known.keys)
      let from = 0
      for await (const records of this.book.read({ tag: keyTag(key) }).batches()) {
        for (const record of records) {
          this.expect(record, this.#known.next(key, from))
          from = record.seqnum + 1
          found++
        }
      }
      if (this.#known.next(key, from) !== -1) this.#say(`key ${key}: records are missing from ${from} on`)
      this.#watch.glance()
    }
    this.#row('all of a tag', [], found, begin)
  }

  /** All records of a hot tag, in order. @param {number} hot */
  async scanHot(hot) {
    const begin = performance.now()
    let found = 0
    for await (const records of this.book.read({ tag: hotTag(hot) }).batches()) {
      for (const record of records) this.expect(record, hotRecord(hot, found++))
      this.#watch.glance()
    }
    const due = hotRecords(hot, this.#known.records)
    if (found !== due) this.#say(`hot tag ${hot}: ${found} records instead of ${due}`)
    this.#row('all of a hot tag', [], found, begin)
  }

  /**
   * @param {import('../../dist/esm/index.js').LogRecord<Uint8Array> | null} record
   * @param {number} i or -1
   */
  expect(record, i) {
    if (record === null) {
      if (i !== -1) this.#say(`record ${i} was not found`)
      return
    }
    const isRight =
      record.seqnum === i &&
      numberOf(record.data) === i &&
      record.tags.join() === this.#known.tagsOf(i).join()
    if (!isRight) this.#say(`instead of record ${i}: seqnum ${record.seqnum}, ${record.tags.join()}`)
  }

  #say(text) {
    if (this.wrong++ < 10) console.log(`WRONG: ${text}`)
  }

  #row(what, latencies, count, begin) {
    const rate = count / (performance.now() - begin)
    const cells = latencies.length > 0 ? latencies : [undefined, undefined, undefined]
    this.#table.row([
      `${what} (${millions(count)} M)`,
      ...cells,
      rate.toFixed(0),
      mib(this.#watch.look().native),
    ])
  }
}

/** The same numbers in every run of the same size. */
class Dice {
  #state

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** @param {number} bound at most 2^48 */
  below(bound) {
    return Math.floor(((this.#next() * 2 ** 21 + (this.#next() >>> 11)) / 2 ** 53) * bound)
  }

  #next() {
    // A Weyl sequence, well mixed.
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let hash = this.#state
    hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad)
    hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97)
    return (hash ^ (hash >>> 15)) >>> 0
  }
}
