// An error in one line for a terminal.

import { isDaybookError } from '../index.js'
import { Failure, UsageError } from './failure.js'
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
