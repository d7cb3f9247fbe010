// Encodes appends into a slab that crosses into native code once per turn, not once per record. The native
// side copies the slab when it is handed over, so one slab serves for ever.
//
// The slab holds groups, each behind a header of 16 bytes (native/runtime/client.h):
//   records size u32, record count u32, book u32, durability u8 (0 os, 1 disk), judged u8 (1: the groups
//   have conditions or a key), 2 zero bytes
// A record is as in docs/formats/frame.md; its checksum is left to the native side.

import type { AppendItem, BookId } from '../log/backend.js'
import { byteLengthOf } from '../log/byte-length.js'
import { errorFromCode } from '../log/errors.js'
import { encodedTagsLength } from '../log/record.js'
import type { Durability } from '../log/types.js'

const headerBytes = 16
const slabBytes = 256 * 1024
/** The slab is handed over before it grows past this, so that the committer starts while a turn goes on. */
const handOverBytes = 64 * 1024

const flagFirst = 1
const flagWide = 2
const flagExtras = 4
/** Bytes in front of a record's book: checksum, flags, wide size. */
const recordPrefixBytes = 9
const varintBytesMax = 5

export class Submission {
  #slab = Buffer.allocUnsafeSlow(slabBytes)
  #end = 0
  /** Where the header of the last group stands, while single appends may join it; else -1. */
  #openGroup = -1
  #openBook: BookId = 0
  #openDurability: Durability = 'disk'
  #openJudged = false
  #records = 0

  get slab(): Buffer {
    return this.#slab
  }

  /** Bytes to hand over. */
  get size(): number {
    return this.#end
  }

  get isFull(): boolean {
    return this.#end >= handOverBytes
  }

  /** Records since the slab was last cleared. */
  get records(): number {
    return this.#records
  }

  clear(): void {
    this.#end = 0
    this.#openGroup = -1
    this.#records = 0
    if (this.#slab.length > slabBytes) this.#slab = Buffer.allocUnsafeSlow(slabBytes)
  }

  /** One record, a group of its own. What throws leaves the submission as it was. */
  add(
    book: BookId,
    data: Uint8Array,
    tags: readonly string[],
    durability: Durability,
    extras: Buffer | undefined,
  ): void {
    const start = this.#end
    const judged = extras !== undefined
    try {
      this.#reserve(headerBytes + recordBytesMax(byteLengthOf(data), tags, extras))
      const joins = this.#openBook === book && this.#openDurability === durability
      if (this.#openGroup < 0 || !joins || this.#openJudged !== judged) {
        this.#beginGroup(book, durability, judged)
      }
      this.#addRecord(book, data, tags, flagFirst, extras)
      this.#closeRecords(1)
    } catch (error) {
      this.#takeBack(start)
      throw error
    }
  }

  /** All items as one group. What throws leaves the submission as it was. */
  addGroup(
    book: BookId,
    items: readonly AppendItem[],
    durability: Durability,
    extras: Buffer | undefined,
  ): void {
    const start = this.#end
    try {
      let bytes = headerBytes
      for (const item of items) bytes += recordBytesMax(byteLengthOf(item.data), item.tags, undefined)
      this.#reserve(bytes + (extras?.length ?? 0))
      this.#beginGroup(book, durability, extras !== undefined)
      let flags = flagFirst
      for (const item of items) {
        this.#addRecord(book, item.data, item.tags, flags, flags === flagFirst ? extras : undefined)
        flags = 0
      }
      this.#closeRecords(items.length)
    } catch (error) {
      this.#takeBack(start)
      throw error
    }
  }

  /** Leaves what was there before an append that failed, such as by a view whose buffer has gone. */
  #takeBack(start: number): void {
    this.#end = start
    this.#openGroup = -1
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return
    const larger = allocate(Math.max(this.#slab.length * 2, this.#end + bytes))
    this.#slab.copy(larger, 0, 0, this.#end)
    this.#slab = larger
  }

  #beginGroup(book: BookId, durability: Durability, judged: boolean): void {
    const at = this.#end
    putU32(this.#slab, at, 0)
    putU32(this.#slab, at + 4, 0)
    putU32(this.#slab, at + 8, book)
    putU32(this.#slab, at + 12, (durability === 'disk' ? 1 : 0) | (judged ? 0x100 : 0))
    this.#openGroup = at
    this.#openBook = book
    this.#openDurability = durability
    this.#openJudged = judged
    this.#end = at + headerBytes
  }

  #closeRecords(count: number): void {
    const at = this.#openGroup
    putU32(this.#slab, at, this.#end - at - headerBytes)
    putU32(this.#slab, at + 4, getU32(this.#slab, at + 4) + count)
    this.#records += count
  }

  #addRecord(
    book: BookId,
    data: Uint8Array,
    tags: readonly string[],
    groupFlags: number,
    extras: Buffer | undefined,
  ): void {
    // Shared memory may grow at any time: what counts is what it was here.
    const length = byteLengthOf(data)
    const bytesMax = recordBytesMax(length, tags, extras)
    this.#reserve(bytesMax)
    const slab = this.#slab
    const start = this.#end
    const wide = bytesMax > 0xffff
    const bodyStart = start + (wide ? recordPrefixBytes : recordPrefixBytes - 2)
    const flags = extras === undefined ? groupFlags : groupFlags | flagExtras
    let at = putVarint(slab, bodyStart, book)
    if (extras !== undefined) at += extras.copy(slab, at)
    at = putVarint(slab, at, tags.length)
    for (let i = 0; i < tags.length; i++) at = putTag(slab, at, tags[i] as string)
    slab.set(data, at)
    at += length
    slab[start + 4] = wide ? flags | flagWide : flags
    if (wide) putU32(slab, start + 5, at - bodyStart)
    else putU16(slab, start + 5, at - bodyStart)
    this.#end = at
  }
}

function allocate(bytes: number): Buffer<ArrayBuffer> {
  try {
    return Buffer.allocUnsafeSlow(bytes)
  } catch (cause) {
    throw errorFromCode('ERR_DAYBOOK_OVERLOADED', 'there is no memory to queue the append', { cause })
  }
}

/** Bytes of a record with data of this length, or a little more. */
function recordBytesMax(length: number, tags: readonly string[], extras: Buffer | undefined): number {
  let bytes = recordPrefixBytes + 2 * varintBytesMax + length + (extras?.length ?? 0)
  for (let i = 0; i < tags.length; i++) bytes += 1 + 3 * (tags[i] as string).length
  return bytes
}

/** Bytes that count against maxPendingBytes. */
export function pendingBytes(data: Uint8Array, tags: readonly string[]): number {
  return byteLengthOf(data) + (tags.length === 0 ? 0 : encodedTagsLength(tags))
}

function putTag(slab: Buffer, at: number, tag: string): number {
  let to = at + 1
  for (let i = 0; i < tag.length; i++) {
    const unit = tag.charCodeAt(i)
    if (unit >= 0x80) {
      const length = slab.write(tag, at + 1)
      slab[at] = length
      return at + 1 + length
    }
    slab[to++] = unit
  }
  slab[at] = tag.length
  return to
}

function putVarint(slab: Buffer, at: number, value: number): number {
  let rest = value
  let to = at
  while (rest >= 0x80) {
    slab[to++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  slab[to++] = rest
  return to
}

function putU16(slab: Buffer, at: number, value: number): void {
  slab[at] = value
  slab[at + 1] = value >>> 8
}

function putU32(slab: Buffer, at: number, value: number): void {
  slab[at] = value
  slab[at + 1] = value >>> 8
  slab[at + 2] = value >>> 16
  slab[at + 3] = value >>> 24
}

function getU32(slab: Buffer, at: number): number {
  return (
    ((slab[at] as number) |
      ((slab[at + 1] as number) << 8) |
      ((slab[at + 2] as number) << 16) |
      ((slab[at + 3] as number) << 24)) >>>
    0
  )
}
