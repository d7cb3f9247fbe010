// A reader that waits at the tail, and how soon it sees what is appended meanwhile.

import { setTimeout as sleep } from 'node:timers/promises'
import { duration } from '../text.js'
import { type EmbeddedLog, json } from './open-log.js'
import { median } from './percentiles.js'
import type { Report } from './report.js'

interface Note {
  readonly text: string
}

const tag = 'note:live'
const appends = 10
/** Milliseconds between two appends, so that the reader waits again. */
const pause = 20
/** Milliseconds after which a record that was not seen counts as lost. */
const patience = 5000

/** What one append did, in milliseconds after the call. */
interface Sighting {
  readonly seqnum: number
  readonly acknowledged: number
  readonly seen: number
}

export async function showLive(report: Report, log: EmbeddedLog, signal: AbortSignal): Promise<void> {
  report.section('A live reader')
  report.code(`for await (const record of book.read({ tag: '${tag}', live: true })) …`)
  const sightings = await watchAppends(log, signal)
  const first = sightings[0]
  if (first !== undefined) {
    report.line('The reader has reached the tail and waits. One append, durable on disk:')
    report.table(
      [{}, { align: 'right' }],
      [
        ['acknowledged after', duration(first.acknowledged)],
        [`seen by the reader (seqnum ${first.seqnum}) after`, duration(first.seen)],
      ],
    )
    const seen = sightings.map((sighting) => sighting.seen)
    report.line(
      `of ${sightings.length} such appends: median ${duration(median(seen))}, ` +
        `slowest ${duration(Math.max(...seen))} from append to sight`,
    )
  }
  report.check(
    sightings.length === appends,
    `the waiting reader saw ${sightings.length} of ${appends} appends`,
  )
}

/** Appends one by one while a reader waits; those that it saw, in order. */
async function watchAppends(log: EmbeddedLog, signal: AbortSignal): Promise<Sighting[]> {
  const book = log.book('notes', { codec: json<Note>() })
  const lost = AbortSignal.timeout(pause * appends + patience)
  const until = AbortSignal.any([signal, lost])
  const records = book
    .read({ tag, after: book.tailSync(), live: true, signal: until })
    [Symbol.asyncIterator]()
  const sightings: Sighting[] = []
  try {
    for (let at = 0; at < appends; at += 1) {
      const sight = records.next().then(({ value }) => ({ seqnum: value?.seqnum, time: performance.now() }))
      // Handled below; until then a failure must not count as forgotten.
      sight.catch(() => {})
      await sleep(pause, undefined, { signal })
      const began = performance.now()
      const seqnum = await book.append({ text: `note ${at}` }, { tags: [tag] })
      const acknowledged = performance.now() - began
      const seen = await sight
      if (seen.seqnum !== seqnum) break
      sightings.push({ seqnum, acknowledged, seen: seen.time - began })
    }
  } catch (error) {
    if (!lost.aborted || signal.aborted) throw error
  } finally {
    await records.return?.()
  }
  return sightings
}
