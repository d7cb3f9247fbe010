// Makes a record of a line.

import type { AppendManyItem } from '../../index.js'
import { LineError } from './line-error.js'
import { type TagRule, tagsOf } from './tag-rule.js'

export interface LineFormat {
  /** Lines are taken as they are; else each is a value in JSON. */
  readonly isPlain: boolean
  readonly rules: readonly TagRule[]
}

export type LineRecord = AppendManyItem<Uint8Array>

/** White space as JSON has it. Of what else a line is made of, no value consists, and the line is bad. */
const blank = /^[ \t\r]*$/
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The record of a line; its data is the bytes of the line. Undefined: the line is blank, and stands for
 * nothing.
 * @throws LineError if the line cannot become a record
 */
export function recordOf(bytes: Buffer, { isPlain, rules }: LineFormat): LineRecord | undefined {
  if (isPlain) return { data: bytes }
  const text = decode(bytes)
  if (blank.test(text)) return undefined
  const tags = tagsOf(text, parse(text), rules)
  // The decoder has taken a byte order mark away.
  return {
    data: bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes,
    tags,
  }
}

function decode(bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new LineError('it is not UTF-8')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The original message quotes the line.
    throw new LineError('it is not JSON')
  }
}
