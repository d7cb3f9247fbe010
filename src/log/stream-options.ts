// Reads the options of streams: those that a reader becomes, and those that append.

import { readOptions } from './call-options.js'
import { invalidArgument } from './errors.js'
import { callOptions, streamDefaults } from './options.js'
import type { Durability } from './types.js'
import { checkBoolean, checkFunction, checkNumber, checkSignal, checkTags, checkValue } from './validate.js'

/** Records that the stream of a reader holds ready. */
export function readHighWaterMark(call: 'readable' | 'readableStream', options: unknown): number {
  const { highWaterMark = streamDefaults.readable } = readOptions(call, options, ['highWaterMark'])
  return checkNumber('highWaterMark', highWaterMark, callOptions.highWaterMark)
}

/** What a stream that appends is told. */
export interface WritableArguments {
  /** What is written is an object with data and tags of its own. */
  readonly items: boolean
  /** Tags of a value; unused where items have their own. */
  readonly tagsOf: (value: unknown) => readonly string[]
  readonly durability: Durability
  readonly highWaterMark: number
  readonly onAcknowledged: ((seqnums: number[]) => void) | undefined
  readonly signal: AbortSignal | undefined
}

const known = ['durability', 'highWaterMark', 'items', 'onAcknowledged', 'signal', 'tags'] as const

/** `standard`: the durability of the log. */
export function readWritableOptions(
  call: 'writable' | 'writableStream',
  options: unknown,
  standard: Durability,
): WritableArguments {
  const given = readOptions(call, options, known)
  const { items = false, durability = standard, highWaterMark = streamDefaults.writable } = given
  const { onAcknowledged, signal, tags } = given
  const areItems = checkBoolean('items', items)
  if (areItems && tags !== undefined) throw invalidArgument('items carry tags of their own')
  return {
    items: areItems,
    tagsOf: readTags(tags),
    durability: checkValue('durability', durability, callOptions.durability.values),
    highWaterMark: checkNumber('highWaterMark', highWaterMark, callOptions.highWaterMark),
    onAcknowledged:
      onAcknowledged === undefined
        ? undefined
        : (checkFunction('onAcknowledged', onAcknowledged) as (seqnums: number[]) => void),
    signal: signal === undefined ? undefined : checkSignal(signal),
  }
}

function readTags(tags: unknown): (value: unknown) => readonly string[] {
  if (typeof tags !== 'function') {
    const checked = checkTags(tags)
    return () => checked
  }
  return (value) => {
    let made: unknown
    try {
      made = tags(value)
    } catch (error) {
      throw invalidArgument('the function tags failed', error)
    }
    return checkTags(made)
  }
}
