// Errors in the form that streams of Node.js want.

import { types } from 'node:util'

/** A stream of Node.js takes nothing else for an error; a reason of another kind becomes the cause of one. */
export function asError(reason: unknown): Error {
  if (types.isNativeError(reason) || reason instanceof Error) return reason
  const error = new Error('The operation was aborted', { cause: reason })
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' })
}
