// Tags made from names of any length, within the limits of a record.

import { createHash } from 'node:crypto'

/** Bytes of one tag, as UTF-8. */
export const tagBytesMax = 255
/** Tags of one record. */
export const tagsPerRecordMax = 256

const digestLength = 16

/** Sixteen hexadecimal digits that stand for the text. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digestLength)
}

export function isTooLong(prefix: string, name: string): boolean {
  return Buffer.byteLength(prefix) + Buffer.byteLength(name) > tagBytesMax
}

/**
 * `prefix` and `name`; where that is more than a tag can hold, the name is cut and a digest of the whole
 * of it put behind, so that different names keep different tags.
 */
export function boundedTag(prefix: string, name: string): string {
  if (!isTooLong(prefix, name)) return prefix + name
  const room = tagBytesMax - Buffer.byteLength(prefix) - digestLength - 1
  const bytes = Buffer.from(name)
  let end = room
  // A character is kept whole or left out.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1
  return `${prefix}${bytes.toString('utf8', 0, end)}~${digest(name)}`
}

/** Tags of one record, as they are collected: up to the limit, and a count of those that are left out. */
export class TagList {
  readonly tags: string[] = []
  /** Names that were shortened to fit into a tag. */
  shortened = 0
  /** Names that have no tag because the record has all that it can hold. */
  leftOut = 0

  add(prefix: string, name: string): this {
    if (this.tags.length === tagsPerRecordMax) {
      this.leftOut += 1
      return this
    }
    if (isTooLong(prefix, name)) this.shortened += 1
    this.tags.push(boundedTag(prefix, name))
    return this
  }
}
