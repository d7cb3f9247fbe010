// `daybook append`: one record.

import { Buffer } from 'node:buffer'
import { addAbortSignal } from 'node:stream'
import type { Command } from 'commander'
import type { Durability } from '../../index.js'
import { bookOption, collect, directoryArgument, durabilityOption, examples, tag } from '../arguments.js'
import type { Context } from '../context.js'
import { withLog } from '../open-log.js'

interface AppendOptions {
  readonly book: string
  readonly tag?: readonly string[]
  readonly durability: Durability
}

export function registerAppend(program: Command, context: Context): void {
  const command = program
    .command('append')
    .description('Append one record, and print its seqnum.')
    .argument(...directoryArgument)
    .argument('[data]', "the data; '-' reads it from standard input, up to its end", '-')
    .addOption(bookOption('the book that gets the record').default('main'))
    .option('-t, --tag <tag>', 'a tag of the record (can be given again)', collect(tag))
    .addOption(durabilityOption())
    .action(async (directory: string, data: string, options: AppendOptions) => {
      const bytes = data === '-' ? await readAll(context) : Buffer.from(data)
      const { book, tag: tags = [], durability } = options
      const seqnum = await withLog(directory, {}, (log) => log.book(book).append(bytes, { tags, durability }))
      context.stdout.write(`${seqnum}\n`)
    })
  examples(command, [
    ['daybook append data \'{"item":"tea"}\' -b orders -t order:9', 'one record with a tag'],
    ['daybook append data - -b files < picture.png', 'any bytes'],
  ])
}

async function readAll({ stdin, signal }: Context): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of addAbortSignal(signal, stdin)) chunks.push(chunk as Buffer)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
  return Buffer.concat(chunks)
}
