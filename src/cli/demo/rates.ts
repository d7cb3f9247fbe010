// What this machine does in a second: appends and reads of the embedded log, measured for a moment each.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Progress } from '../progress.js'
import { duration, rate, size } from '../text.js'
import { type EmbeddedBook, openLog } from './open-log.js'
import { percentile } from './percentiles.js'
import type { Report } from './report.js'

const recordBytes = 128
const tagPairs = Array.from({ length: 1000 }, (_, at) => [`user:${at}`, `kind:${at % 10}`] as const)
const burst = 256
const burstsInFlight = 16
const groupRecords = 256
const groupsInFlight = 16
/** Reads made in one go, so that a signal is noticed. */
const readsPerTurn = 1000

interface Measurement {
  readonly name: string
  measure(book: EmbeddedBook, clock: Clock): Promise<readonly [value: string, unit: string]>
}

/** The time that a measurement has. */
interface Clock {
  /** True while there is time left. @throws the signal's reason if that aborted */
  goesOn(): boolean
  perSecond(times: number): number
}

const inFlight = (burst * burstsInFlight).toLocaleString('en-US')

const measurements: readonly Measurement[] = [
  { name: `durable append, ${inFlight} in flight`, measure: manyAppends },
  { name: `durable appendMany, ${groupsInFlight} groups of ${groupRecords} in flight`, measure: groups },
  { name: 'durable append, one in flight', measure: oneAppend },
  { name: 'last record of a tag, readPrevSync', measure: readsByTag },
  { name: 'scan of the whole book by batches', measure: scan },
]

export async function showRates(
  report: Report,
  progress: Progress,
  directory: string,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  report.section('Rates on this machine')
  const log = await openLog(directory, { durability: 'disk' })
  try {
    const book = log.book('rates')
    const rows: string[][] = []
    progress.begin('measuring', measurements.length)
    for (const { name, measure } of measurements) {
      rows.push([name, ...(await measure(book, startClock(seconds, signal)))])
      progress.update(rows.length)
    }
    progress.end()
    report.table([{}, { align: 'right' }, {}], rows)
  } finally {
    progress.end()
    await log.close()
  }
  report.paragraph(
    `Records of ${recordBytes} bytes with two tags; one process, one thread, ${seconds} s each. ` +
      'Durable: flushed to the disk before it is acknowledged. ' +
      'Reads are of what was just written, so mostly from memory.',
  )
}

function startClock(seconds: number, signal: AbortSignal): Clock {
  const began = performance.now()
  return {
    goesOn() {
      signal.throwIfAborted()
      return performance.now() - began < seconds * 1000
    },
    perSecond: (times) => (times * 1000) / (performance.now() - began),
  }
}

function tagsOf(number: number): readonly [string, string] {
  return tagPairs[number % tagPairs.length]!
}

/** Keeps `piecesMax` pieces of work under way until the time is over; how many there were. */
async function pipeline(
  clock: Clock,
  piecesMax: number,
  work: (piece: number) => Promise<unknown>,
): Promise<number> {
  const pieces: Promise<unknown>[] = []
  let done = 0
  for (let next = 0; clock.goesOn(); next += 1) {
    const piece = work(next)
    // Awaited in its turn; an earlier one may fail before that.
    piece.catch(() => {})
    pieces.push(piece)
    if (pieces.length < piecesMax) continue
    await pieces.shift()
    done += 1
  }
  await Promise.all(pieces)
  return done + pieces.length
}

async function manyAppends(book: EmbeddedBook, clock: Clock): Promise<[string, string]> {
  const data = Buffer.alloc(recordBytes, 'a')
  const bursts = await pipeline(clock, burstsInFlight, (piece) => {
    const appends = Array.from({ length: burst }, (_, at) =>
      book.append(data, { tags: tagsOf(piece * burst + at) }),
    )
    return Promise.all(appends)
  })
  return [rate(clock.perSecond(bursts * burst)), 'records/s']
}

async function groups(book: EmbeddedBook, clock: Clock): Promise<[string, string]> {
  const data = Buffer.alloc(recordBytes, 'b')
  const items = Array.from({ length: groupRecords }, (_, at) => ({ data, tags: tagsOf(at) }))
  const done = await pipeline(clock, groupsInFlight, () => book.appendMany(items))
  return [rate(clock.perSecond(done * groupRecords)), 'records/s']
}

async function oneAppend(book: EmbeddedBook, clock: Clock): Promise<[string, string]> {
  const data = Buffer.alloc(recordBytes, 'c')
  const times: number[] = []
  while (clock.goesOn()) {
    const began = performance.now()
    await book.append(data, { tags: tagsOf(times.length) })
    times.push(performance.now() - began)
  }
  return [duration(percentile(times, 0.5)), `p50, ${duration(percentile(times, 0.99))} p99`]
}

async function readsByTag(book: EmbeddedBook, clock: Clock): Promise<[string, string]> {
  let reads = 0
  let bytes = 0
  while (clock.goesOn()) {
    for (let at = 0; at < readsPerTurn; at += 1) {
      // The data is made on access.
      bytes += book.readPrevSync({ tag: tagsOf(at)[0] })?.data.byteLength ?? 0
    }
    reads += readsPerTurn
    await nextTurn()
  }
  if (bytes === 0) throw new Error('the reads by tag found nothing')
  return [rate(clock.perSecond(reads)), 'reads/s']
}

async function scan(book: EmbeddedBook, clock: Clock): Promise<[string, string]> {
  let records = 0
  let bytes = 0
  while (clock.goesOn()) {
    for await (const batch of book.read().batches()) {
      for (const record of batch) bytes += record.data.byteLength
      records += batch.length
      if (!clock.goesOn()) break
    }
  }
  return [rate(clock.perSecond(records)), `records/s, ${size(clock.perSecond(bytes))}/s`]
}
