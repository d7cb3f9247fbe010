// The one place where a failure of the native core becomes an error.

import { type DaybookError, type ErrorCode, errorFromCode } from '../log/errors.js'
import type { NativeFailure } from './addon.js'

/** By number of the core's StatusCode (native/include/daybook/status.h). */
const codes: Readonly<Record<number, ErrorCode>> = {
  1: 'ERR_DAYBOOK_INVALID_ARG',
  2: 'ERR_DAYBOOK_TOO_LARGE',
  3: 'ERR_DAYBOOK_OVERLOADED',
  4: 'ERR_DAYBOOK_CLOSED',
  5: 'ERR_DAYBOOK_READ_ONLY',
  6: 'ERR_DAYBOOK_LOCKED',
  7: 'ERR_DAYBOOK_TRIMMED',
  8: 'ERR_DAYBOOK_DISK_FULL',
  9: 'ERR_DAYBOOK_IO',
  10: 'ERR_DAYBOOK_CORRUPT',
  11: 'ERR_DAYBOOK_FORMAT',
  12: 'ERR_DAYBOOK_TIMEOUT',
}

/** Where the system said what was wrong, `cause` is an error with its `errno`. */
export function errorFromNative(failure: NativeFailure): DaybookError {
  return errorFromCode(codeOf(failure), failure[1], { cause: systemCause(failure) })
}

/** The same for a rejected append. `cause` says why the log has become read-only, if it has. */
export function appendErrorFromNative(failure: NativeFailure, cause?: unknown): DaybookError {
  const outcome = failure[3] ? 'unknown' : 'notWritten'
  return errorFromCode(codeOf(failure), failure[1], { outcome, cause: cause ?? systemCause(failure) })
}

function codeOf(failure: NativeFailure): ErrorCode {
  return codes[failure[0]] ?? 'ERR_DAYBOOK_IO'
}

function systemCause([, message, errno]: NativeFailure): Error | undefined {
  return errno === 0 ? undefined : Object.assign(new Error(message), { errno })
}
