// `daybook trim`: forgets records of a book, or the whole book.

import { type Command, Option } from 'commander'
import type { EmbeddedLog } from '../../index.js'
import { bookOption, directoryArgument, duration, examples, seqnum, tag } from '../arguments.js'
import type { Context } from '../context.js'
import { UsageError } from '../failure.js'
import { checkBook, withExistingLog } from '../open-log.js'

interface Options {
  readonly book: string
  readonly tag?: string
  readonly before?: number
  readonly all?: boolean
  readonly olderThan?: number
  readonly drop?: boolean
}

const ways = ['before', 'all', 'olderThan', 'drop'] as const

export function registerTrim(program: Command, context: Context): void {
  const command = program
    .command('trim')
    .description('Forget records of a book, durably and for good.')
    .argument(...directoryArgument)
    .addOption(bookOption('the book').makeOptionMandatory())
    .addOption(new Option('--before <seqnum>', 'those below this seqnum').argParser(seqnum))
    .option('--all', 'all that are there')
    .option('-t, --tag <tag>', 'take this tag off them; those that have none left are forgotten', tag)
    .option('--older-than <time>', 'those that are older: 30s, 15m, 12h, 7d or 2w', duration)
    .option('--drop', 'all that are there, and the book with them')
    .action(async (directory: string, options: Options) => {
      const given = ways.filter((way) => options[way] !== undefined)
      if (given.length !== 1)
        throw new UsageError('say which records, by one of --before, --all, --older-than and --drop')
      if (options.drop && options.tag !== undefined)
        throw new UsageError('--drop ends the whole book: it takes no --tag')
      const done = await withExistingLog(directory, (log) => trim(log, options))
      context.stdout.write(`${done}\n`)
    })
  examples(command, [
    ['daybook trim data -b orders --before 1234', 'keep 1234 and what follows'],
    ['daybook trim data -b syslog --older-than 7d', 'keep a week'],
    ['daybook trim data -b orders -t order:9 --all', 'take a tag off all records'],
    ['daybook trim data -b old --drop', 'and list the book no more'],
  ])
}

async function trim(log: EmbeddedLog, options: Options): Promise<string> {
  const { book: name, tag, before, olderThan, drop } = options
  await checkBook(log, name)
  if (drop) {
    await log.drop(name)
    return `book '${name}' dropped`
  }
  const book = log.book(name)
  const mark =
    olderThan === undefined ? (before ?? Infinity) : await book.seqnumAt(new Date(Date.now() - olderThan))
  await book.trim({ before: mark, tag })
  if (tag !== undefined) {
    const left = await book.readNext({ tag })
    return left === null
      ? `tag '${tag}' of book '${name}' trimmed: no record carries it`
      : `tag '${tag}' of book '${name}' trimmed: the first record that carries it is ${left.seqnum}`
  }
  const first = await book.readNext()
  return first === null
    ? `book '${name}' trimmed: it is empty`
    : `book '${name}' trimmed: it begins at seqnum ${first.seqnum}`
}
