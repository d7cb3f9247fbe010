#!/usr/bin/env node
// The command line: arguments in, exit code out. 0: done; 1: failed; 2: bad arguments; 128 + n: signal n.

import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { type DemoOptions, demo } from './commands/demo.js'
import { errorLine, isExpected } from './error-line.js'
import { Interrupted, UsageError } from './failure.js'

const commitsDefault = 10_000
const secondsMax = 10

/** The package.json that this file was published with. */
function packageVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** The library for arguments is optional, so that those who embed the log need not have it. */
async function loadCommander(): Promise<typeof import('commander')> {
  try {
    return await import('commander')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError('the command line needs two optional packages: npm install commander cli-progress')
  }
}

async function run(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { Command, CommanderError, InvalidArgumentError } = await loadCommander()
  const version = packageVersion()
  const number = (min: number, max: number, whole: boolean) => (text: string) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value)))
      return value
    throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`)
  }
  let exitCode = 0
  const program = new Command('daybook')
    .description('An embeddable shared log: ordered, tagged, durable.')
    .version(version)
    .exitOverride()
  program
    .command('demo')
    .description('Import the history of a git repository into a log, and show what the log is for.')
    .argument(
      '[repository]',
      'a directory in a git repository; without git history its files are used (default: .)',
    )
    .option('--dir <directory>', 'where the log goes; it is kept (default: a temporary directory)')
    .option('--commits <n>', 'import the newest <n> commits', number(1, 1e9, true), commitsDefault)
    .option('--keep', 'keep the temporary directory')
    .option('--seconds <n>', 'how long each measurement takes', number(0.05, secondsMax, false), 1)
    .action(async (repository: string | undefined, options: DemoOptions) => {
      const { stdout, stderr } = process
      exitCode = await demo(repository, options, { stdout, stderr, version, signal })
    })
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // It has said what was wrong; without arguments it has shown the help.
    return error.exitCode === 0 ? 0 : 2
  }
  return exitCode
}

/** One line for what the user or the machine can mend; the stack for what is our mistake. */
function explain(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode
  const stack = error instanceof Error && !isExpected(error) ? `\n${error.stack}` : ''
  process.stderr.write(`daybook: ${errorLine(error)}${stack}\n`)
  return error instanceof UsageError ? 2 : 1
}

/** Ends the command in good order at the first signal, and at once at the second. */
function interruption(): AbortController {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const exitCode = 128 + constants.signals[name]
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCode)
      controller.abort(new Interrupted(exitCode))
    })
  }
  // The reader of a pipe has gone, as with `| head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    controller.abort(new Interrupted(128 + constants.signals.SIGPIPE))
  })
  return controller
}

const { signal } = interruption()
process.exitCode = await run(process.argv.slice(2), signal).catch((error: unknown) =>
  explain(signal.aborted ? signal.reason : error),
)
