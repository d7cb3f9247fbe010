// Ways in which a command ends early that are no mistake of the program: one line each, no stack.

/** What the process ends with; 128 + n stands for signal n. */
export const exitCodes = { done: 0, failed: 1, usage: 2, damaged: 3 } as const

/** Something outside of the program went wrong, and the message says what: exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** A bad argument on the command line: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Ended by a signal: exit code 128 plus its number. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('interrupted')
    this.exitCode = exitCode
  }
}
