// What a command has of the process.

import type { Readable } from 'node:stream'
import type { ProgressOutput } from './progress.js'

/** Standard output. `columns` and `hasColors` are what a terminal has and a pipe has not. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  hasColors?(): boolean
}

export interface Context {
  readonly stdin: Readable
  readonly stdout: Output
  readonly stderr: ProgressOutput
  readonly version: string
  /**
   * Aborts at a signal, and when nobody reads standard output any more: its reason is then an Interrupted. Or
   * when standard output cannot be written: a Failure.
   */
  readonly signal: AbortSignal
  /** What the process ends with when the command has ended well. */
  exitCode: number
}
