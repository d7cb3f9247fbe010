// Checks of what is given to the building blocks. Nothing is coerced, and nothing crosses unchecked.

import { types } from 'node:util'
import { byteLengthOf } from '../log/byte-length.js'
import { invalidArgument, outOfRange } from '../log/errors.js'
import { checkData } from '../log/validate.js'

export const u32Max = 0xffff_ffff
export const countMax = Number.MAX_SAFE_INTEGER

/** A whole number from 0 to `max`. */
export function checkCount(name: string, value: unknown, max: number = countMax): number {
  if (typeof value !== 'number') throw invalidArgument(`${name} must be a number, not ${typeof value}`)
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return value + 0
  throw outOfRange(`${name} must be an integer from 0 to ${max}, not ${value}`)
}

/** So many bytes, copied. */
export function checkBytes(name: string, value: unknown, length: number): Uint8Array {
  const bytes = Uint8Array.from(checkData(value, name))
  if (bytes.length !== length) throw outOfRange(`${name} must have ${length} bytes, not ${bytes.length}`)
  return bytes
}

/** Bytes to decode: a copy if another thread might write to them meanwhile. */
export function checkEncoded(value: unknown): Uint8Array {
  const bytes = checkData(value, 'bytes')
  const isShared = types.isSharedArrayBuffer(bytes.buffer)
  return isShared ? new Uint8Array(bytes) : plainView(bytes)
}

/** Whatever a subclass or a property says of its length. */
function plainView(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, byteLengthOf(bytes))
}

export function checkObject(name: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
  throw invalidArgument(`${name} must be an object, not ${kind}`)
}

export function checkArray(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw invalidArgument(`${name} must be an array, not ${value === null ? 'null' : typeof value}`)
}

/** Refuses options that nobody knows: most are misspelt. */
export function checkKeys(name: string, value: Record<string, unknown>, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw invalidArgument(`${name} has no '${key}': ${known.join(', ')}`)
  }
}
