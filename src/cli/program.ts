// The command `daybook`: what it is made of, and how it speaks.

import { Command, CommanderError } from 'commander'
import { registerAppend } from './commands/append.js'
import { registerBooks } from './commands/books.js'
import { registerCompletion } from './commands/completion.js'
import { registerDemo } from './commands/demo.js'
import { registerImport } from './commands/import.js'
import { registerRead } from './commands/read.js'
import { registerStat } from './commands/stat.js'
import { registerTrim } from './commands/trim.js'
import { registerVerify } from './commands/verify.js'
import type { Context } from './context.js'
import { exitCodes } from './failure.js'

/** In the order of the help. */
const commands = [
  registerImport,
  registerAppend,
  registerRead,
  registerStat,
  registerBooks,
  registerTrim,
  registerVerify,
  registerDemo,
  registerCompletion,
]

const help = `
Exit codes:
  0  done
  1  failed; one line on standard error says why
  2  bad arguments
  3  verify has found damage
  128 + n  ended by signal n

All commands: docs/command-line.md`

export function createProgram(context: Context): Command {
  const program = new Command('daybook')
    .description('An embeddable shared log: ordered, tagged, durable.')
    .version(context.version)
    .addHelpText('after', help)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      // In one line, as all errors are.
      outputError: (text, write) =>
        write(
          `daybook: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ')}\n`,
        ),
    })
  for (const register of commands) register(program, context)
  return program
}

/** Runs the command that the arguments name. Resolves to the exit code. */
export async function run(argv: readonly string[], context: Context): Promise<number> {
  try {
    await createProgram(context).parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // It has said what was wrong; without arguments it has shown the help.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
  return context.exitCode
}
