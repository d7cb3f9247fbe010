// Checks of single values: tags, names, bytes, bounds. Each returns what it was given, normalised, or throws
// ERR_DAYBOOK_INVALID_ARG. Nothing is coerced: no string passes for a number.

import { types } from 'node:util'
import { byteLengthOf } from './byte-length.js'
import { type DaybookError, invalidArgument, outOfRange } from './errors.js'
import { fixedLimits, type OptionEntry } from './options.js'

const tagBytesMax = fixedLimits.tagBytesMax.value
const tagsMax = fixedLimits.tagsPerRecordMax.value
/** A UTF-16 unit is at most 3 bytes of UTF-8: up to this length no bytes need to be counted. */
const surelyShort = Math.floor(tagBytesMax / 3)
/** Up to this many tags are compared with each other; more go through a Set. */
const fewTags = 8
const noTags: readonly string[] = Object.freeze([])

// Part of every supported Node, but not of the ES2022 library types.
const isWellFormed = (String.prototype as unknown as { isWellFormed(this: string): boolean }).isWellFormed
const arrayAt = Uint8Array.prototype.at

/** Names the type of a value without showing its content. */
function kind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'undefined' ? 'undefined' : `a value of type ${typeof value}`
}

function checkName(what: string, value: unknown, bytesMax: number): string {
  if (typeof value !== 'string') throw invalidArgument(`${what} must be a string, not ${kind(value)}`)
  if (value.length === 0) throw outOfRange(`${what} must not be empty`)
  if (!isWellFormed.call(value)) throw outOfRange(`${what} must not contain lone surrogates`)
  // `length` never exceeds the number of bytes: what is far too long is not counted.
  if (value.length > surelyShort && (value.length > bytesMax || Buffer.byteLength(value) > bytesMax)) {
    throw outOfRange(`${what} must be at most ${bytesMax} bytes of UTF-8`)
  }
  return value
}

export function checkTag(value: unknown): string {
  return checkName('tag', value, tagBytesMax)
}

export function checkKey(value: unknown): string {
  return checkName('key', value, fixedLimits.keyBytesMax.value)
}

export function checkBookName(value: unknown): string {
  return checkName('the name of a book', value, fixedLimits.bookNameBytesMax.value)
}

/** The beginning of a name, or a name: any string that one may be compared with. */
export function checkNamePart(what: string, value: unknown): string {
  return value === '' ? value : checkName(what, value, fixedLimits.bookNameBytesMax.value)
}

/**
 * The tags of one record: each checked, duplicates merged into the first. Looks at each once, and returns an
 * array that the caller does not have: what stands in his may be another thing at the next look.
 */
export function checkTags(value: unknown): readonly string[] {
  if (value === undefined) return noTags
  if (!Array.isArray(value)) throw invalidArgument(`tags must be an array of strings, not ${kind(value)}`)
  const count = value.length
  if (count > tagsMax) throw outOfRange(`a record has at most ${tagsMax} tags, not ${count}`)
  const tags: string[] = []
  for (let i = 0; i < count; i++) {
    const tag: unknown = value[i]
    const isShort = typeof tag === 'string' && tag.length > 0 && tag.length <= surelyShort
    tags.push(isShort && isWellFormed.call(tag) ? tag : checkTag(tag))
  }
  return hasDuplicates(tags) ? [...new Set(tags)] : tags
}

function hasDuplicates(tags: readonly string[]): boolean {
  const count = tags.length
  if (count > fewTags) return new Set(tags).size !== count
  for (let i = 1; i < count; i++) {
    for (let j = 0; j < i; j++) if (tags[i] === tags[j]) return true
  }
  return false
}

/** Bytes of the tags as UTF-8, for the limits on groups and on what is pending. */
export function tagBytes(tags: readonly string[]): number {
  let bytes = 0
  for (const tag of tags) bytes += Buffer.byteLength(tag)
  return bytes
}

/**
 * Bytes to append. Views of a SharedArrayBuffer are taken: the engine copies within the call, and what
 * another thread writes meanwhile may be torn. Views of resizable buffers have the length they have now.
 */
export function checkData(value: unknown, what = 'data'): Uint8Array {
  if (!types.isUint8Array(value)) {
    throw invalidArgument(`${what} must be a Uint8Array (a Buffer is one), not ${kind(value)}`)
  }
  // Detached views, and those that a shrunken buffer no longer covers, have no length; reading tells.
  if (byteLengthOf(value) === 0) {
    try {
      arrayAt.call(value, 0)
    } catch (error) {
      throw invalidArgument(`${what} is a view of a detached or shrunken buffer`, error)
    }
  }
  return value
}

/** An integer from -1 on, or Infinity. */
export function checkBound(name: string, value: unknown): number {
  if (typeof value !== 'number') throw invalidArgument(`${name} must be a number, not ${kind(value)}`)
  if ((Number.isSafeInteger(value) && value >= -1) || value === Number.POSITIVE_INFINITY) return value + 0
  throw outOfRange(`${name} must be an integer from -1 on, or Infinity, not ${value}`)
}

/** A number within the bounds that the table gives; an integer, or Infinity where that is the maximum. */
export function checkNumber(name: string, value: unknown, entry: OptionEntry): number {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = entry
  if (typeof value !== 'number') throw invalidArgument(`${name} must be a number, not ${kind(value)}`)
  const fits = value >= min && value <= max
  if (fits && (Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY)) return value + 0
  const unit = entry.unit === '' ? '' : ` ${entry.unit}`
  throw outOfRange(`${name} must be ${wantedNumber(min, max)}${unit}, not ${value}`)
}

function wantedNumber(min: number, max: number): string {
  return max === Number.POSITIVE_INFINITY
    ? `an integer from ${min} on, or Infinity,`
    : `an integer from ${min} to ${max}`
}

/** One of the strings that the table gives. */
export function checkValue<V extends string>(name: string, value: unknown, values: readonly V[]): V {
  for (const known of values) if (value === known) return known
  throw wrongValue(name, value, values)
}

function wrongValue(name: string, value: unknown, values: readonly string[]): DaybookError {
  const message = `${name} must be ${values.map((known) => `'${known}'`).join(' or ')}`
  return typeof value === 'string' ? outOfRange(message) : invalidArgument(`${message}, not ${kind(value)}`)
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidArgument(`${name} must be a boolean, not ${kind(value)}`)
  return value
}

export function checkFunction(name: string, value: unknown): (...args: never[]) => unknown {
  if (typeof value !== 'function') throw invalidArgument(`${name} must be a function, not ${kind(value)}`)
  return value as (...args: never[]) => unknown
}

export function checkSignal(value: unknown): AbortSignal {
  const signal = value as AbortSignal
  const fits =
    typeof signal === 'object' &&
    signal !== null &&
    typeof signal.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function'
  if (!fits) throw invalidArgument(`signal must be an AbortSignal, not ${kind(value)}`)
  return signal
}

/** Milliseconds since 1970 of a valid Date. */
export function checkTime(value: unknown): number {
  if (!types.isDate(value)) throw invalidArgument(`time must be a Date, not ${kind(value)}`)
  const time = Date.prototype.getTime.call(value)
  if (Number.isNaN(time)) throw outOfRange('time must be a valid Date')
  return time
}
