// `daybook stat`: sizes, segments and memory of a log.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { LogStat, SegmentStat } from '../../index.js'
import { directoryArgument, examples } from '../arguments.js'
import type { Context } from '../context.js'
import { withReadableLog } from '../open-log.js'
import { type Alignment, table } from '../table.js'
import { count, counted, printable, size } from '../text.js'
import { TextWriter } from '../text-writer.js'

interface Options {
  readonly json?: boolean
  readonly segments?: boolean
}

export function registerStat(program: Command, context: Context): void {
  const command = program
    .command('stat')
    .description('Show what a log holds, and what it takes.')
    .argument(...directoryArgument)
    .option('--segments', 'a line for each segment, too')
    .option('--json', 'as JSON, with all segments')
    .action((directory: string, options: Options) => showStat(directory, options, context))
  examples(command, [
    ['daybook stat data --segments', 'all there is to know'],
    ['daybook stat data --json | jq .reclaimableBytes', 'one number'],
  ])
}

async function showStat(directory: string, { json, segments }: Options, context: Context): Promise<void> {
  const stat = await withReadableLog(directory, (log) => log.stat())
  const path = resolve(directory)
  const writer = new TextWriter(context.stdout, context.signal)
  if (json) {
    writer.add(`${JSON.stringify({ directory: path, ...stat })}\n`)
  } else {
    writer.add(table(['left', 'left'], summary(path, stat)))
    if (segments) writer.add('\n', table(segmentColumns, [segmentHead, ...stat.segments.map(segmentRow)]))
  }
  await writer.flush()
}

function summary(path: string, stat: LogStat): string[][] {
  const { segments, index, checkpoints, memory } = stat
  return [
    ['directory', printable(path)],
    ['books', count(stat.books)],
    ['records', count(stat.records)],
    ['next seqnum', String(stat.nextSeqnum)],
    ['durable up to', stat.durableSeqnum === 0 ? 'nothing' : `seqnum ${stat.durableSeqnum - 1}`],
    ['on disk', size(stat.bytes)],
    ['segments', segmentsText(segments)],
    ['reserve', size(stat.reserveBytes)],
    ['reclaimable', size(stat.reclaimableBytes)],
    ['index', `${counted(index.runs, ['run', 'runs'])}, ${size(index.bytes)}`],
    ['checkpoints', `${count(checkpoints.count)}, ${size(checkpoints.bytes)}`],
    ['memory', `index ${size(memory.index)}, cache ${size(memory.cache)}`],
  ]
}

function segmentsText(segments: readonly SegmentStat[]): string {
  const states = ['open', 'closed', 'reserve'] as const
  const counts = states.map(
    (state) => [segments.filter((each) => each.state === state).length, state] as const,
  )
  const parts = counts.filter(([number]) => number > 0).map(([number, state]) => `${count(number)} ${state}`)
  return parts.join(', ')
}

const segmentHead = ['segment', 'kind', 'state', 'lane', 'bytes', 'records', 'live']
const segmentColumns: readonly Alignment[] = ['right', 'left', 'left', 'right', 'right', 'right', 'right']

function segmentRow({ id, kind, state, lane, bytes, records, live }: SegmentStat): string[] {
  const share = state === 'closed' ? `${Math.round(live * 100)}%` : ''
  return [String(id), kind, state, String(lane), size(bytes), state === 'closed' ? count(records) : '', share]
}
