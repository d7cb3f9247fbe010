// What ends a stream from outside: signals, and errors in the form that streams want.

import { types } from 'node:util'

/** Calls back once, at once if the signal has aborted, until the returned function is called. */
export function onAbort(signal: AbortSignal | undefined, aborted: (reason: unknown) => void): () => void {
  if (signal === undefined) return nothing
  if (signal.aborted) {
    aborted(signal.reason)
    return nothing
  }
  const listener = (): void => aborted(signal.reason)
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/** A stream of Node.js takes nothing else for an error; a reason of another kind becomes the cause of one. */
export function asError(reason: unknown): Error {
  if (types.isNativeError(reason) || reason instanceof Error) return reason
  const error = new Error('The operation was aborted', { cause: reason })
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' })
}

function nothing(): void {}
