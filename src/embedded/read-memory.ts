// The memory into which native code puts records: a slab for tags and data, an index for their places. A
// slab is filled from front to back and then left to the records that look into it.

import type { ScanResult } from '../log/backend.js'
import { type AuxSource, StoredRecord } from '../log/record.js'
import type { Codec } from '../log/types.js'
import { indexHead, indexWidth, type NativeAddon, type NativeHandle } from './addon.js'

/** For single records: a record that is kept keeps this much memory, unless it is copied. */
const slabBytesSmall = 64 * 1024
/** For scans. */
const slabBytesLarge = 256 * 1024
const recordsMax = 1024

export class ReadMemory {
  readonly #addon: NativeAddon
  readonly #handle: NativeHandle
  readonly #index = new Float64Array(indexHead + indexWidth * recordsMax)
  #slab: Buffer = Buffer.allocUnsafeSlow(0)
  #offset = 0

  constructor(addon: NativeAddon, handle: NativeHandle) {
    this.#addon = addon
    this.#handle = handle
  }

  /** Where the next read may begin to write. Makes sure that there is room worth the call. */
  offsetFor(limit: number): number {
    const size = limit > 1 ? slabBytesLarge : slabBytesSmall
    if (this.#slab.length - this.#offset < size / 8) this.#replace(size)
    return this.#offset
  }

  /** Bytes that the next record needs, if the last read found no room for it; else 0. */
  get needed(): number {
    return this.#index[3] as number
  }

  grow(): void {
    this.#replace(Math.max(this.needed, slabBytesSmall))
  }

  /** The records of the last read. */
  take<T>(codec: Codec<T> | undefined, aux: AuxSource): ScanResult<T> {
    const result = recordsIn(this.#slab, this.#offset, this.#index, codec, aux)
    this.#offset += this.#index[2] as number
    return result
  }

  /** Seqnum of the one record of the last read, or -1; what was read is dropped. */
  takeSeqnum(): number {
    return this.#index[0] === 0 ? -1 : (this.#index[indexHead] as number)
  }

  #replace(size: number): void {
    this.#slab = Buffer.allocUnsafeSlow(size)
    this.#offset = 0
    this.#addon.recordsMemory(this.#handle, this.#slab, this.#index)
  }
}

/** Makes the records of a read whose bytes begin at `base` of the slab. */
export function recordsIn<T>(
  slab: Buffer,
  base: number,
  index: Float64Array,
  codec: Codec<T> | undefined,
  aux?: AuxSource,
): ScanResult<T> {
  const count = index[0] as number
  const records = new Array<StoredRecord<T>>(count)
  let at = indexHead
  for (let i = 0; i < count; i++) {
    records[i] = new StoredRecord<T>(
      codec,
      index[at] as number,
      index[at + 1] as number,
      slab,
      base + (index[at + 4] as number),
      index[at + 5] as number,
      base + (index[at + 2] as number),
      index[at + 3] as number,
      aux,
    )
    at += indexWidth
  }
  return { records, more: index[1] === 1 }
}
