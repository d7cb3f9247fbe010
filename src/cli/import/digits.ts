// Numbers of a text in JSON by the digits that they are written with, which JSON.parse does not keep.

import { parse } from 'lossless-json'
import { LineError } from './line-error.js'

/** The end of `1.0`, `1e2` or `-0` in a field or an array. Finds it in strings too: that costs only time. */
const oddWholeNumber = /(?:\.0+|\d[eE][+-]?\d+|-0)(?=\s*[,\]}])/

/** Whether a value of the text may be a number that stands there in other digits than it prints in. */
export function isWrittenOtherwise(value: unknown, text: string): boolean {
  return typeof value === 'number' && (!Number.isSafeInteger(value) || oddWholeNumber.test(text))
}

/**
 * As JSON.parse, of a text that this has parsed; each number becomes the text of its digits. It takes many
 * times as long.
 * @throws LineError
 */
export function parseKeepingDigits(text: string): unknown {
  try {
    return parse(text, null, { parseNumber: (digits) => digits, onDuplicateKey: ({ newValue }) => newValue })
  } catch (error) {
    // It calls itself for what is nested, where JSON.parse does not.
    if (error instanceof RangeError) throw new LineError('it is nested too deep for a tag of a number')
    throw error
  }
}
