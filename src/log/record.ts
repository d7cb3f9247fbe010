// One record as it was read: a place in a slab of bytes that all records of one read share. Everything but
// seqnum and timestamp is made on first access, because most readers look at one or two of them.

import { errorFromCode } from './errors.js'
import type { Codec, LogRecord } from './types.js'

/** Up to this many bytes a tag is put together here: cheaper than a call into the runtime. */
const shortTagBytes = 24
/** Where a record finds its aux data, when somebody looks. */
export interface AuxSource {
  /** Bytes that nobody else has. */
  auxOf(seqnum: number): Uint8Array | undefined
}

const notDecoded: unique symbol = Symbol('not decoded')
const inspectCustom = Symbol.for('nodejs.util.inspect.custom')

/**
 * Tags lie in the slab from `tagStart` on, one after the other: one byte of length (1 to 255), then the
 * UTF-8. Who makes a record guarantees that slab and positions are right, and that the slab is never written
 * to again.
 */
export class StoredRecord<T> implements LogRecord<T> {
  readonly seqnum: number
  readonly timestamp: number
  readonly #codec: Codec<T> | undefined
  readonly #slab: Uint8Array
  readonly #dataStart: number
  readonly #dataLength: number
  readonly #tagStart: number
  readonly #tagCount: number
  #tags: readonly string[] | null = null
  #data: Uint8Array | null = null
  #value: T | typeof notDecoded = notDecoded
  /** The source until somebody has looked, then what was found. */
  #aux: AuxSource | Uint8Array | undefined

  constructor(
    codec: Codec<T> | undefined,
    seqnum: number,
    timestamp: number,
    slab: Uint8Array,
    dataStart: number,
    dataLength: number,
    tagStart: number,
    tagCount: number,
    aux?: AuxSource,
  ) {
    this.seqnum = seqnum
    this.timestamp = timestamp
    this.#codec = codec
    this.#slab = slab
    this.#dataStart = dataStart
    this.#dataLength = dataLength
    this.#tagStart = tagStart
    this.#tagCount = tagCount
    this.#aux = aux
  }

  get tags(): readonly string[] {
    this.#tags ??= decodeTags(this.#slab, this.#tagStart, this.#tagCount)
    return this.#tags
  }

  get data(): Uint8Array {
    this.#data ??= this.#slab.subarray(this.#dataStart, this.#dataStart + this.#dataLength)
    return this.#data
  }

  get value(): T {
    if (this.#value === notDecoded) this.#value = this.#decode()
    return this.#value
  }

  get aux(): Uint8Array | undefined {
    const held = this.#aux
    if (held === undefined || held instanceof Uint8Array) return held
    const found = held.auxOf(this.seqnum)
    this.#aux = found
    return found
  }

  copy(): LogRecord<T> {
    // Not from the shared pool of Buffers: the copy can be transferred to another thread.
    const own = ownCopy(this.data)
    const copied = new StoredRecord(this.#codec, this.seqnum, this.timestamp, own, 0, own.length, 0, 0)
    copied.#tags = [...this.tags]
    const { aux } = this
    if (aux !== undefined) copied.#aux = ownCopy(aux)
    return copied
  }

  #decode(): T {
    // Without a codec T is Uint8Array: the overloads of `book` see to it.
    if (this.#codec === undefined) return this.data as T
    try {
      return this.#codec.decode(this.data)
    } catch (cause) {
      const message = `the codec could not decode the record at seqnum ${this.seqnum}`
      throw errorFromCode('ERR_DAYBOOK_DECODE', message, { cause })
    }
  }

  /** What console.log shows: no payload, which may be long or secret. */
  [inspectCustom](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    const shown = {
      seqnum: this.seqnum,
      timestamp: new Date(this.timestamp),
      tags: this.tags,
      bytes: this.#dataLength,
    }
    return `LogRecord ${inspect(shown, options)}`
  }
}

function ownCopy(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return own
}

/** Bytes that `encodeTags` needs. */
export function encodedTagsLength(tags: readonly string[]): number {
  let length = tags.length
  for (const tag of tags) length += Buffer.byteLength(tag)
  return length
}

/** Writes tags as `StoredRecord` reads them, and returns the position behind them. */
export function encodeTags(tags: readonly string[], slab: Buffer, start: number): number {
  let position = start
  for (const tag of tags) {
    const length = slab.write(tag, position + 1)
    slab[position] = length
    position += 1 + length
  }
  return position
}

function decodeTags(slab: Uint8Array, start: number, count: number): string[] {
  const tags: string[] = []
  let position = start
  for (let i = 0; i < count; i++) {
    const length = slab[position] as number
    tags.push(decodeTag(slab, position + 1, length))
    position += 1 + length
  }
  return tags
}

function decodeTag(slab: Uint8Array, start: number, length: number): string {
  if (length <= shortTagBytes) {
    let tag = ''
    for (let i = start; i < start + length; i++) {
      const byte = slab[i] as number
      if (byte >= 0x80) return decodeUtf8(slab, start, length)
      tag += String.fromCharCode(byte)
    }
    return tag
  }
  return decodeUtf8(slab, start, length)
}

function decodeUtf8(slab: Uint8Array, start: number, length: number): string {
  return Buffer.from(slab.buffer, slab.byteOffset + start, length).toString('utf8')
}
