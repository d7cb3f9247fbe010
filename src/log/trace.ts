// What a log tells about itself to the program's logger. A logger that throws, or whose promise rejects, is
// the program's affair: it must not reach the log.

import { invalidArgument } from './errors.js'
import type { Logger } from './event-types.js'

export type TraceLevel = 'debug' | 'info' | 'warn' | 'error'
const levels: readonly TraceLevel[] = ['debug', 'info', 'warn', 'error']

/** Tells nobody if there is no logger. */
export class Trace {
  readonly #logger: Logger | undefined

  constructor(logger?: Logger) {
    this.#logger = logger
  }

  write(level: TraceLevel, fields: object, message: string): void {
    if (this.#logger === undefined) return
    try {
      const result: unknown = this.#logger[level](fields, message)
      if (result instanceof Promise) result.catch(ignore)
    } catch {
      // It has nobody else to tell.
    }
  }
}

function ignore(): void {}

/** An object with the methods of a logger, of its own or inherited. */
export function checkLogger(value: unknown): Logger {
  const logger = value as Logger
  const fits =
    typeof value === 'object' &&
    value !== null &&
    levels.every((level) => typeof logger[level] === 'function')
  if (fits) return logger
  throw invalidArgument(`logger must be an object with the methods ${levels.join(', ')}`)
}
