// What a command that fails leaves behind: a line on standard error, and an exit code.

import { isDaybookError } from '../index.js'
import { exitCodes, Failure, Interrupted, UsageError } from './failure.js'
import { printable } from './text.js'

/** `CODE: message`, or the message alone where there is no code. */
export function errorLine(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error))
  const { code } = error as NodeJS.ErrnoException
  const message = printable(error.message)
  return code === undefined || message.startsWith(code) ? message : `${code}: ${message}`
}

/** Whether the error tells the user enough without its stack: it is no mistake of the program. */
export function isExpected(error: unknown): boolean {
  if (error instanceof Failure || error instanceof UsageError || isDaybookError(error)) return true
  // What the operating system refused.
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

/** Writes a line, with the stack for what is a mistake of the program. Gives the exit code. */
export function explain(error: unknown, stderr: NodeJS.WritableStream): number {
  if (error instanceof Interrupted) return error.exitCode
  const stack = error instanceof Error && !isExpected(error) ? `\n${error.stack}` : ''
  stderr.write(`daybook: ${errorLine(error)}${stack}\n`)
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed
}
