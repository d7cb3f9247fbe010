// Positions: how far somebody saw a log, as a short string that passes between books, threads, processes and
// machines. docs/positions.md.

import type { LogBackend } from './backend.js'
import { untilAborted } from './cancellation.js'
import { errorFromCode, invalidArgument, outOfRange } from './errors.js'

/** What a position says. */
export interface Position {
  /** Which life of which log: 16 hexadecimal digits. */
  readonly incarnation: string
  /** Number of the opening for writing. */
  readonly term: number
  /** Index of the last metalog entry that was seen. */
  readonly index: number
}

/** A position beside how far a handle sees the log. */
export type PositionState =
  /** All that it says is visible. */
  | 'reached'
  /** It is not visible yet. */
  | 'ahead'
  /** It is of an opening that this log has never had. */
  | 'later'
  /** A crash took it. */
  | 'lost'
  /** It is so old that nobody knows whether a crash took it. */
  | 'forgotten'

const pattern = /^1-([0-9a-f]{16})-0-([1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})$/
const other = /^([0-9]{1,9})-[0-9a-z-]{1,200}$/
const textMax = 256

/** The first number is the version of the text, the one behind the incarnation the physical log. */
export function positionText({ incarnation, term, index }: Position): string {
  return `1-${incarnation}-0-${term}-${index}`
}

/** What `book.position` has given, read again. */
export function checkPosition(value: unknown): Position {
  if (typeof value !== 'string') throw invalidArgument('atLeast must be a string: what book.position gives')
  const found = value.length <= textMax ? pattern.exec(value) : null
  const [, incarnation = '', term = '', index = ''] = found ?? []
  const position = { incarnation, term: Number(term), index: Number(index) }
  if (found !== null && Number.isSafeInteger(position.term) && Number.isSafeInteger(position.index)) {
    return position
  }
  const version = value.length <= textMax ? other.exec(value)?.[1] : undefined
  if (version !== undefined && version !== '1') {
    throw outOfRange(`atLeast is a position of version ${version}; this daybook reads version 1`)
  }
  throw outOfRange('atLeast is no position: pass on what book.position gives, as it is')
}

/** True: the view of the backend is new enough; false: it will be. Throws if it never can be. */
export function isReached(backend: LogBackend, position: Position): boolean {
  if (position.incarnation !== backend.position().incarnation) {
    throw outOfRange('atLeast is a position of another log, or of another life of this one')
  }
  const state = backend.positionState(position)
  switch (state) {
    case 'reached':
      return true
    case 'ahead':
      return false
    case 'lost':
      throw outOfRange('atLeast is a position that the log has lost in a crash: what it saw is not there')
    case 'later':
      throw outOfRange(
        'atLeast is a position of a later opening than any of this log: is this an older copy?',
      )
    case 'forgotten':
      throw outOfRange('atLeast is too old: nobody knows any more whether a crash took what it saw')
  }
}

/** Undefined: the view is new enough. Else resolves when it is, at the latest with the signal. */
export function reachPosition(
  backend: LogBackend,
  position: Position | undefined,
  signal?: AbortSignal,
): Promise<void> | undefined {
  if (position === undefined || isReached(backend, position)) return undefined
  const waiting = new Wait(backend, position)
  if (signal === undefined) return waiting.done
  return untilAborted(waiting.done, signal).finally(() => waiting.end())
}

/** Looks again whenever something has changed. */
class Wait {
  readonly done: Promise<void>
  #unwatch: () => void = nothing

  constructor(backend: LogBackend, position: Position) {
    this.done = new Promise((resolve, reject) => {
      const look = (): void => {
        try {
          backend.checkOpen()
          if (!isReached(backend, position)) {
            refuseIfFailed(backend)
            return
          }
          resolve()
        } catch (error) {
          reject(error)
        }
        this.end()
      }
      this.#unwatch = backend.watch(look)
      look()
    })
  }

  end(): void {
    this.#unwatch()
    this.#unwatch = nothing
  }
}

/** A follower that cannot follow may be able to again. */
function refuseIfFailed({ status, settings }: LogBackend): void {
  if (status.state !== 'read-only' || status.cause === undefined || settings.readOnly) return
  const message = 'the log takes no more writes, so it never comes as far as atLeast says'
  throw errorFromCode('ERR_DAYBOOK_READ_ONLY', message, { cause: status.cause })
}

function nothing(): void {}
