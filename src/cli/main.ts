#!/usr/bin/env node
// The command line: arguments in, exit code out. 0: done; 1: failed; 2: bad arguments; 128 + n: signal n.

import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { explain } from './error-line.js'
import { exitCodes, Failure, Interrupted, UsageError } from './failure.js'

/** The package.json that this file was published with. */
function packageVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Its libraries are optional, so that those who embed the log need not have them. */
async function loadProgram(): Promise<typeof import('./program.js')> {
  try {
    return await import('./program.js')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isOptional = message.includes("'commander'") || message.includes("'lossless-json'")
    if (code !== 'ERR_MODULE_NOT_FOUND' || !isOptional) throw error
    throw new UsageError(
      'the command line needs optional packages: npm install commander cli-progress lossless-json',
    )
  }
}

async function main(signal: AbortSignal): Promise<number> {
  const { run } = await loadProgram()
  const { stdin, stdout, stderr } = process
  const version = packageVersion()
  return run(process.argv.slice(2), { stdin, stdout, stderr, version, signal, exitCode: exitCodes.done })
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
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EPIPE: the reader of a pipe has gone, as with `| head`.
    const isGone = error.code === 'EPIPE'
    controller.abort(isGone ? new Interrupted(128 + constants.signals.SIGPIPE) : outputFailure(error))
  })
  return controller
}

function outputFailure({ message }: Error): Failure {
  return new Failure(`cannot write to standard output: ${message}`)
}

/** Resolves when all that was written has been taken, or cannot be. */
function written(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write('', () => resolve())
  })
}

const { signal } = interruption()
const ended = main(signal).then(async (exitCode) => {
  await written()
  // A command that has ended is not undone by a reader that has gone since.
  if (signal.reason instanceof Failure) throw signal.reason
  return exitCode
})
process.exitCode = await ended.catch((error: unknown) =>
  explain(signal.aborted ? signal.reason : error, process.stderr),
)
