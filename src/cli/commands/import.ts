// `daybook import`: lines of a file, or of standard input, into a book.

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import {
  amount,
  bookOption,
  collect,
  directoryArgument,
  durabilityOption,
  examples,
  number,
} from '../arguments.js'
import type { Context } from '../context.js'
import { UsageError } from '../failure.js'
import { type ImportOptions, importLines, type Source } from '../import/import-lines.js'
import { parseTagRule } from '../import/tag-rule.js'
import { withLog } from '../open-log.js'

export function registerImport(program: Command, context: Context): void {
  const command = program
    .command('import')
    .description('Append each line of a file, or of standard input, as a record.')
    .argument(...directoryArgument)
    .argument('[file]', "what to import; '-' is standard input", '-')
    .addOption(bookOption('the book that gets the records').default('main'))
    .option(
      '-t, --tag <field>',
      'tag each record with this field of its value: user.id makes the tag user.id:42, user=user.id makes ' +
        'user:42, =user.id makes 42 (can be given again)',
      collect(parseTagRule),
    )
    .option('--lines', 'take lines as they are; without it each line is a value in JSON')
    .option('--skip <n>', 'leave out the first <n> lines, which an earlier run has imported', amount, 0)
    .option('--skip-bad', 'leave out lines that cannot become a record, and count them')
    .option('--batch <n>', 'records that are appended as one group', number(1, 65_536), 1000)
    .addOption(durabilityOption())
    .action(async (directory: string, file: string, options: ImportOptions) => {
      if (options.lines && options.tag !== undefined)
        throw new UsageError('--lines takes lines as they are: they have no fields for --tag')
      const source = await openSource(file, context)
      await withLog(directory, {}, (log) => importLines(log, source, options, context))
    })
  examples(command, [
    ['daybook import data events.ndjson -t type -t user=user.id', 'tags type:… and user:…'],
    ['zcat old.gz | daybook import data --lines --book syslog', 'plain lines from a pipe'],
    ['daybook import data events.ndjson --skip 5000', 'go on behind line 5000'],
  ])
}

async function openSource(file: string, { stdin }: Context): Promise<Source> {
  if (file === '-') return { stream: stdin, total: undefined }
  const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new UsageError(`there is no file ${file}`) : error
  })
  if (stats.isDirectory()) throw new UsageError(`${file} is a directory`)
  const total = stats.isFile() ? stats.size : undefined
  return { stream: createReadStream(file, { highWaterMark: 256 * 1024 }), total }
}
