// The kill: a process appends at full speed, gets SIGKILL, and its log is opened again and checked.

import type { Progress } from '../progress.js'
import { count, counted, duration, rate } from '../text.js'
import { checkLoad } from './load-check.js'
import { loadRecordBytes, loadWriters } from './load-record.js'
import { runAndKill } from './load-run.js'
import { type EmbeddedLog, openLog } from './open-log.js'
import type { Report } from './report.js'

export async function showKill(
  report: Report,
  progress: Progress,
  directory: string,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  report.section('A writer killed in mid-load')
  const { pid, seqnums, milliseconds } = await runAndKill(directory, seconds * 1000, progress, signal)
  report.paragraph(
    `Process ${pid} appended records of ${loadRecordBytes} bytes with two tags to a log of its own, ` +
      "thousands in flight, durability 'disk', and told this process of each one that was acknowledged.",
  )
  const perSecond = rate((seqnums.length * 1000) / milliseconds)
  report.line(
    `SIGKILL after ${duration(milliseconds)}: ${count(seqnums.length)} acknowledged (${perSecond}/s).`,
  )

  const began = performance.now()
  const log = await openLog(directory)
  try {
    const opened = performance.now() - began
    const first = await log.book('load').readNext()
    const read = performance.now() - began
    report.line(
      `Opened again in ${duration(opened)}; first record read ${duration(read)} after opening began.`,
    )
    report.check(first?.seqnum === seqnums[0], 'the first record is the first one that was acknowledged')
    await showFindings(report, log, seqnums)
  } finally {
    await log.close()
  }
}

async function showFindings(report: Report, log: EmbeddedLog, seqnums: readonly number[]): Promise<void> {
  const book = log.book('load')
  const { found, inPlace, beyond, wrong, foundByTag } = await checkLoad(book, seqnums)
  report.line(
    `${count(found)} records found: ${count(seqnums.length)} acknowledged, ${count(beyond)} in flight.`,
  )
  report.check(
    inPlace === seqnums.length,
    `${count(inPlace)} of ${count(seqnums.length)} acknowledged records in place: ` +
      'same seqnum, bytes and tags',
  )
  const torn = wrong === 0 ? 'no record is' : counted(wrong, ['record is', 'records are'])
  report.check(wrong === 0, `${torn} torn, altered, misplaced or out of order`)
  report.check(
    foundByTag === found,
    `${count(foundByTag)} of ${count(found)} records found by ${loadWriters} tags`,
  )
  const tail = book.tailSync()
  const next = await book.append(Buffer.from('after the kill'))
  report.check(next > tail, `the log goes on: the next append got seqnum ${next}`)
}
