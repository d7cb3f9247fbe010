// Positions: how far somebody saw a log, as a short string that passes between books, threads, processes and
// machines. docs/positions.md.

import { invalidArgument, outOfRange } from './errors.js'

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
