// The process that is killed: appends at full speed and tells its parent what was acknowledged.
// Started with the directory of the log as its only argument; it ends by being killed.

import { errorLine } from '../error-line.js'
import type { Acknowledgements, WriterMessage } from './load-messages.js'
import { loadRecord } from './load-record.js'
import { type EmbeddedBook, openLog } from './open-log.js'

/** Appends that are made in one go, and told in one message. */
const burst = 256
/** Bursts that are in flight at one time. */
const burstsMax = 16

async function writeForEver(directory: string): Promise<never> {
  const log = await openLog(directory, { durability: 'disk' })
  const book = log.book('load')
  const bursts: Promise<Acknowledgements>[] = []
  for (let first = 0; ; first += burst) {
    const appended = appendBurst(book, first)
    // Awaited in its turn; an earlier one may fail before that.
    appended.catch(() => {})
    bursts.push(appended)
    if (bursts.length === burstsMax) tell(await bursts.shift()!)
  }
}

async function appendBurst(book: EmbeddedBook, first: number): Promise<Acknowledgements> {
  const appends: Promise<number>[] = []
  for (let number = first; number < first + burst; number += 1) {
    const { data, tags } = loadRecord(number)
    appends.push(book.append(data, { tags }))
  }
  return { first, seqnums: await Promise.all(appends) }
}

function tell(message: WriterMessage, told = (): void => {}): void {
  if (process.connected) process.send?.(message, told)
}

// Nobody is left to kill this process: it ends by itself.
process.on('disconnect', () => process.exit(1))
// Ctrl-C reaches all processes of the terminal; this one leaves it to its parent.
process.on('SIGINT', () => {})

writeForEver(process.argv[2] as string).catch((error: unknown) => {
  tell({ failure: errorLine(error) }, () => process.exit(1))
})
