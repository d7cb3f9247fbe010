// Appends the known records in groups, and shows what the log and the process have become meanwhile.

import { dataBytesMin, dataBytesOf, writeData } from './known-records.mjs'
import { bytesWritten, openFiles } from './process-figures.mjs'
import { mib, millions, seconds, Table } from './text.mjs'

/** Records of a group, and groups that are open at one time. */
const groupRecords = 1_000
const groupsOpen = 16
const rows = 20

/** Groups of known records over memory that is used again and again: the log copies what it is given. */
export class Groups {
  #known
  /** @type {{ data: Uint8Array, view: DataView }[][]} by length, then by place in the group */
  #slots

  /** @param {import('./known-records.mjs').KnownRecords} known */
  constructor(known) {
    this.#known = known
    const widest = 48
    const memory = new ArrayBuffer(groupRecords * widest)
    this.#slots = Array.from({ length: groupRecords }, (_, place) =>
      Array.from({ length: widest - dataBytesMin }, (_, more) => ({
        data: new Uint8Array(memory, place * widest, dataBytesMin + more),
        view: new DataView(memory, place * widest, dataBytesMin),
      })),
    )
  }

  /** @param {number} first number of the first record */
  from(first) {
    const items = []
    for (let i = first; i < Math.min(first + groupRecords, this.#known.records); i++) {
      const { data, view } = this.#slots[i - first][dataBytesOf(i) - dataBytesMin]
      writeData(view, i)
      items.push({ data, tags: this.#known.tagsOf(i) })
    }
    return items
  }
}

/**
 * @param {import('../../dist/esm/index.js').EmbeddedLog} log a new one
 * @param {import('./known-records.mjs').KnownRecords} known
 * @param {import('./process-figures.mjs').MemoryWatch} watch
 */
export async function appendAll(log, known, watch) {
  const book = log.book('soak')
  const groups = new Groups(known)
  const report = new Report(log, watch)
  const open = []
  let acknowledged = 0
  const settle = async () => {
    const { start, group } = open.shift()
    const seqnums = await group
    report.waited(performance.now() - start)
    // Readers compute seqnums from numbers.
    if (seqnums[0] !== acknowledged) throw new Error(`record ${acknowledged} has seqnum ${seqnums[0]}`)
    acknowledged += seqnums.length
    watch.glance()
  }
  for (let next = 0; next < known.records; next += groupRecords) {
    const items = groups.from(next)
    open.push({ start: performance.now(), group: book.appendMany(items) })
    if (open.length >= groupsOpen) await settle()
    if (report.isDue(acknowledged, known.records)) await report.row(acknowledged)
  }
  while (open.length > 0) await settle()
  await report.row(acknowledged)
}

class Report {
  #log
  #watch
  #table
  #start = performance.now()
  #written = bytesWritten() ?? 0
  #shown = 0
  #longest = 0
  #last = performance.now()

  constructor(log, watch) {
    this.#log = log
    this.#watch = watch
    this.#table = new Table(
      [
        'records M',
        'seconds',
        'k/s',
        'max ms',
        'RSS MiB',
        'native',
        'JS',
        'index',
        'cache',
        'runs',
        'runs MiB',
        'segments',
        'disk MiB',
        'B/record',
        'written',
        'files',
      ],
      7,
    )
  }

  isDue(records, total) {
    return records - this.#shown >= total / rows
  }

  /** A group was acknowledged after so many milliseconds. */
  waited(ms) {
    this.#longest = Math.max(this.#longest, ms)
  }

  async row(records) {
    const { rss, native, script } = this.#watch.look()
    const now = performance.now()
    const stat = await this.#log.stat()
    this.#table.row([
      millions(records),
      seconds(this.#start),
      ((records - this.#shown) / (now - this.#last)).toFixed(0),
      this.#longest.toFixed(0),
      mib(rss),
      mib(native),
      mib(script),
      mib(stat.memory.index),
      mib(stat.memory.cache),
      stat.index.runs,
      mib(stat.index.bytes),
      stat.segments.length,
      mib(stat.bytes),
      ((stat.bytes - stat.reserveBytes) / records).toFixed(1),
      // Times each byte that is in the log and the index was written.
      ((bytesWritten() - this.#written) / stat.bytes).toFixed(2),
      openFiles(),
    ])
    this.#shown = records
    this.#longest = 0
    this.#last = now
  }
}
