// Waits until a log shows as much as a position says, or says why it never will.

import type { LogBackend } from './backend.js'
import { untilAborted } from './cancellation.js'
import { errorFromCode, outOfRange } from './errors.js'
import type { Position } from './position.js'

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
