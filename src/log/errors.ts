// Every error that the log gives, in one table. What the table says is what docs/errors.md says.

/** `'notWritten'`: it will never appear. `'unknown'`: it may appear, at most once. */
export type AppendOutcome = 'notWritten' | 'unknown'

interface ErrorEntry {
  /** The error is also an instance of this. A bad argument may be a RangeError where the type is right. */
  readonly base: 'Error' | 'TypeError' | 'RangeError'
  /** Whether the same call may succeed later without anything being repaired or changed by the program. */
  readonly retryable: boolean
  readonly when: string
  readonly remedy: string
}

/** All codes: when each comes, and what to do about it. */
export const errorTable = {
  ERR_DAYBOOK_INVALID_ARG: {
    base: 'TypeError',
    retryable: false,
    when: 'An argument or option has the wrong type, is out of range or unknown; a codec could not encode.',
    remedy: 'Correct the call. The message names the argument.',
  },
  ERR_DAYBOOK_TOO_LARGE: {
    base: 'RangeError',
    retryable: false,
    when: 'A record or group is over a limit, which the message names.',
    remedy: 'Split the data, or open the log with a higher limit.',
  },
  ERR_DAYBOOK_OVERLOADED: {
    base: 'Error',
    retryable: true,
    when: 'maxPendingBytes of appends have not been acknowledged yet.',
    remedy: 'Await log.ready(), then append again.',
  },
  ERR_DAYBOOK_CLOSED: {
    base: 'Error',
    retryable: false,
    when: 'The handle was closed before the call, or while a reader was waiting.',
    remedy: 'Open the log again.',
  },
  ERR_DAYBOOK_READ_ONLY: {
    base: 'Error',
    retryable: false,
    when: 'An append or trim on a log opened with readOnly, or after the disk failed; log.status says why.',
    remedy: 'Append where the log is open for writing; after a failure see to the disk and open it again.',
  },
  ERR_DAYBOOK_LOCKED: {
    base: 'Error',
    retryable: true,
    when: 'Another process has the directory open for writing. The message names its host and process id.',
    remedy: 'Close the log there, or wait for it to end: by lockTimeout.',
  },
  ERR_DAYBOOK_CONFLICT: {
    base: 'Error',
    retryable: false,
    when: 'An expect that did not hold. conflicts names the newest match of each condition that failed.',
    remedy: 'Read what has come since, decide again, and append with the seqnum that was read.',
  },
  ERR_DAYBOOK_TRIMMED: {
    base: 'Error',
    retryable: false,
    when: 'get of a trimmed record; a reader with onTrim: "error" that would skip what was trimmed.',
    remedy: 'The record is gone. Go on from the first one that is left: readNext().',
  },
  ERR_DAYBOOK_DECODE: {
    base: 'Error',
    retryable: false,
    when: 'The codec of the book could not decode value. The message names the seqnum; cause says why.',
    remedy: 'Read record.data, or open the book with the codec that wrote the record.',
  },
  ERR_DAYBOOK_DISK_FULL: {
    base: 'Error',
    retryable: true,
    when: 'There is no space left. The append or trim failed whole; reads go on.',
    remedy: 'Make room. Appends work again as soon as there is some.',
  },
  ERR_DAYBOOK_IO: {
    base: 'Error',
    retryable: false,
    when: 'The disk failed. After a failed flush the log is read-only.',
    remedy: 'Close every handle of the log, see to the disk, and open the log again.',
  },
  ERR_DAYBOOK_CORRUPT: {
    base: 'Error',
    retryable: false,
    when: 'A checksum does not hold. The message names file, offset and the seqnums affected.',
    remedy: 'Restore the file from a copy. What is not named in the message is still readable.',
  },
  ERR_DAYBOOK_FORMAT: {
    base: 'Error',
    retryable: false,
    when: 'The directory is not a daybook, or of a newer format; both versions are named.',
    remedy: 'Check the path, or use a version of daybook that knows the format.',
  },
  ERR_DAYBOOK_TIMEOUT: {
    base: 'Error',
    retryable: true,
    when: 'A deadline passed.',
    remedy: 'Check whether the append appeared before you repeat it, or allow more time.',
  },
  ERR_DAYBOOK_NO_BINARY: {
    base: 'Error',
    retryable: false,
    when: 'There is no native binary for this platform.',
    remedy: 'Install a C++ compiler and Python 3, and build it; the message gives the command.',
  },
} as const satisfies Record<string, ErrorEntry>

/** Every code that an error of the log can have. docs/errors.md says of each when it comes and what to do. */
export type ErrorCode = keyof typeof errorTable

/** A condition that did not hold. */
export interface Conflict {
  /** Which one, in the order of `expect`. */
  readonly index: number
  /** Seqnum of the newest record that it speaks of. */
  readonly actual: number
}

/** What every error of the log has. Recognise one by `isDaybookError`, never by its class. */
export interface DaybookError extends Error {
  /** What went wrong. A code keeps its meaning; messages may change. */
  readonly code: ErrorCode
  /** Whether the same call may succeed later although the program changes nothing. */
  readonly retryable: boolean
  /** On what writes and was rejected: appends, trims, `retain` and `drop`. */
  readonly outcome?: AppendOutcome
  /**
   * On what a stream that appends fails with: how many of its records are acknowledged. They are the first
   * ones written to it; what became of the next ones says `outcome`, and none behind those is written.
   */
  readonly acknowledged?: number
  /** On an append that lost: which of its conditions did not hold, by their place in `expect`. */
  readonly conflicts?: readonly Conflict[]
  /** What lies behind it: the system's error, what a codec threw, why the log is read-only. */
  readonly cause?: unknown
}

export interface ErrorDetails {
  readonly outcome?: AppendOutcome | undefined
  readonly cause?: unknown
  /** Overrides the base of the table; only a bad argument has a choice. */
  readonly base?: 'TypeError' | 'RangeError' | undefined
}

// The ESM and the CommonJS copy of the package have classes of their own; they share this symbol.
const brand = Symbol.for('daybook.error')

// By this name it shows in stack traces; the type of that name is wider.
const PlainError = class DaybookError extends Error {
  override get name(): string {
    return 'DaybookError'
  }
}

/**
 * True for every error of the log, whichever copy of the package made it. Errors that a signal, a codec's
 * `cause` or a callback brought in from outside are none.
 */
export function isDaybookError(error: unknown): error is DaybookError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[brand] === true
}

/**
 * Makes the error for a code of the table. `message` is plain text without payload bytes.
 * The native side gives its failures to this function.
 */
export function errorFromCode(code: ErrorCode, message: string, details: ErrorDetails = {}): DaybookError {
  const entry: ErrorEntry = errorTable[code]
  const options = details.cause === undefined ? undefined : { cause: details.cause }
  const error = build(details.base ?? entry.base, message, options)
  Object.defineProperty(error, brand, { value: true })
  Object.assign(error, { code, retryable: entry.retryable })
  if (details.outcome !== undefined) Object.assign(error, { outcome: details.outcome })
  return error as DaybookError
}

function build(base: ErrorEntry['base'], message: string, options: ErrorOptions | undefined): Error {
  switch (base) {
    case 'TypeError':
      return new TypeError(message, options)
    case 'RangeError':
      return new RangeError(message, options)
    default:
      return new PlainError(message, options)
  }
}

/** An append whose conditions did not hold. */
export function conflictError(conflicts: readonly Conflict[]): DaybookError {
  const which = conflicts.map(({ index, actual }) => `condition ${index} by seqnum ${actual}`).join(', ')
  const error = errorFromCode('ERR_DAYBOOK_CONFLICT', `the append lost: ${which}`, { outcome: 'notWritten' })
  return Object.assign(error, { conflicts })
}

/** A bad argument of the wrong type. */
export function invalidArgument(message: string, cause?: unknown): DaybookError {
  return errorFromCode('ERR_DAYBOOK_INVALID_ARG', message, { cause })
}

/** A bad argument of the right type and a wrong value. */
export function outOfRange(message: string): DaybookError {
  return errorFromCode('ERR_DAYBOOK_INVALID_ARG', message, { base: 'RangeError' })
}

export function tooLarge(message: string): DaybookError {
  return errorFromCode('ERR_DAYBOOK_TOO_LARGE', message)
}

export function closedError(what = 'the log is closed', outcome?: AppendOutcome): DaybookError {
  return errorFromCode('ERR_DAYBOOK_CLOSED', what, { outcome })
}

/**
 * The error of what was to be written and could not be handed over, marked as such. One that is not of the
 * log came from what the caller gave: a getter, a proxy, a view whose buffer has gone meanwhile.
 */
export function notWritten(error: unknown): DaybookError {
  const refusal = isDaybookError(error) ? error : invalidArgument('the arguments could not be read', error)
  return refusal.outcome === undefined ? Object.assign(refusal, { outcome: 'notWritten' as const }) : refusal
}
