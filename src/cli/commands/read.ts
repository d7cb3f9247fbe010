// `daybook read`: records of a book, in order.

import { constants } from 'node:os'
import { type Command, Option } from 'commander'
import type { Query, ReadOptions } from '../../index.js'
import { amount, bookOption, directoryArgument, examples, query, seqnum, tag } from '../arguments.js'
import type { Context } from '../context.js'
import { Interrupted } from '../failure.js'
import { checkBook, chooseBook, withReadableLog } from '../open-log.js'
import { formatterOf, type RecordFormat, recordFormats } from '../record-format.js'
import { TextWriter } from '../text-writer.js'

interface Options {
  readonly book?: string
  readonly tag?: string
  readonly match?: Query
  readonly from?: number
  readonly after?: number
  readonly to?: number
  readonly before?: number
  readonly limit?: number
  readonly reverse?: boolean
  readonly follow?: boolean
  readonly format?: RecordFormat
}

export function registerRead(program: Command, context: Context): void {
  const command = program
    .command('read')
    .description('Print records: for people in a terminal, else as lines of JSON.')
    .argument(...directoryArgument)
    .addOption(bookOption('the book to read (default: the only one there is)'))
    .option('-t, --tag <tag>', 'only records with this tag', tag)
    .addOption(
      new Option('--match <query>', 'only records that match: {"all":[tags]}, {"any":[tags]}')
        .argParser(query)
        .conflicts('tag'),
    )
    .option('--from <seqnum>', 'from this seqnum on', seqnum)
    .option('--after <seqnum>', 'behind this seqnum', seqnum)
    .option('--to <seqnum>', 'up to this seqnum, and it too', seqnum)
    .option('--before <seqnum>', 'up to this seqnum, and not it', seqnum)
    .option('-n, --limit <n>', 'at most <n> records', amount)
    .option('-r, --reverse', 'from the last one down')
    .addOption(new Option('-f, --follow', 'go on at the tail, until interrupted').conflicts('reverse'))
    .addOption(
      new Option(
        '--format <format>',
        'human: a line each; ndjson: JSON; raw: the data, each with a line feed',
      ).choices(recordFormats),
    )
    .action((directory: string, options: Options) => read(directory, options, context))
  examples(command, [
    ['daybook read data -b orders -t order:9', 'one timeline'],
    [`daybook read data --match '{"all":["order:9","paid"]}'`, 'what has both tags'],
    ['daybook read data -b orders -r -n 10', 'the last ten, newest first'],
    ['daybook read data -b orders | jq .data.item', 'JSON from a pipe'],
    ['daybook read data -b orders --after 1234 -f', 'go on where one stopped'],
  ])
}

async function read(directory: string, options: Options, context: Context): Promise<void> {
  const { stdout, signal } = context
  await withReadableLog(directory, async (log) => {
    const name = await chooseBook(log, options.book)
    // Following waits for a book, too.
    if (options.follow !== true) await checkBook(log, name)
    const book = log.book(name)
    const isTerminal = stdout.isTTY === true
    const columns = isTerminal ? (stdout.columns ?? Infinity) : Infinity
    const format = formatterOf(options.format ?? (isTerminal ? 'human' : 'ndjson'), columns)
    const writer = new TextWriter(stdout, signal)
    try {
      for await (const records of book.read(readOptions(options, signal)).batches()) {
        for (const record of records) if (writer.add(...format(record))) await writer.flush()
        await writer.flush()
      }
    } catch (error) {
      // There is no other way to end it.
      const isEnd = options.follow === true && signal.reason instanceof Interrupted
      if (!isEnd || signal.reason.exitCode !== 128 + constants.signals.SIGINT) throw error
    }
  })
}

function readOptions(options: Options, signal: AbortSignal): ReadOptions {
  const { tag, match, from, after, to, before, limit, reverse = false, follow = false } = options
  return { tag, match, from, after, to, before, limit, reverse, live: follow, signal }
}
