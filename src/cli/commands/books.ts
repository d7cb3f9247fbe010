// `daybook books`: which books there are, and how much they hold.

import type { Command } from 'commander'
import type { BookInfo, Retention } from '../../index.js'
import { bookPrefix, directoryArgument, examples } from '../arguments.js'
import type { Context } from '../context.js'
import { withReadableLog } from '../open-log.js'
import { table } from '../table.js'
import { count, printable, size, span } from '../text.js'
import { TextWriter } from '../text-writer.js'

interface Options {
  readonly prefix?: string
  readonly json?: boolean
}

export function registerBooks(program: Command, context: Context): void {
  const command = program
    .command('books')
    .description('List the books of a log.')
    .argument(...directoryArgument)
    .option('--prefix <text>', 'only books whose names begin with it', bookPrefix)
    .option('--json', 'as JSON')
    .action((directory: string, options: Options) => listBooks(directory, options, context))
  examples(command, [
    ['daybook books data', 'a table'],
    ["daybook books data --json | jq -r '.[].name'", 'their names alone'],
  ])
}

async function listBooks(
  directory: string,
  { prefix, json = false }: Options,
  context: Context,
): Promise<void> {
  const books = await withReadableLog(directory, (log) => log.books({ prefix }))
  const writer = new TextWriter(context.stdout, context.signal)
  if (json) {
    writer.add(`${JSON.stringify(books)}\n`)
  } else {
    const head = ['book', 'records', 'bytes', 'keeps']
    writer.add(table(['left', 'right', 'right', 'left'], [head, ...books.map(rowOf)]))
  }
  await writer.flush()
}

function rowOf({ name, records, bytes, retention }: BookInfo): string[] {
  return [
    printable(name),
    count(records),
    size(bytes),
    retention === null ? 'everything' : keptText(retention),
  ]
}

function keptText({ maxAge, maxBytes, maxRecords }: Retention): string {
  const limits = [
    maxAge === undefined ? [] : span(maxAge),
    maxBytes === undefined ? [] : size(maxBytes),
    maxRecords === undefined ? [] : `${count(maxRecords)} records`,
  ]
  return limits.flat().join(', ')
}
