// What the native addon exports for the building blocks of the order (native/binding/order_binding.h says how
// values cross). Arguments are checked before they are handed over.

import type { NativeFailure } from '../embedded/addon.js'
import { loadNative } from '../embedded/native.js'
import { errorFromNative } from '../embedded/native-error.js'

declare const cursorBrand: unique symbol
export type NativeCursor = { readonly [cursorBrand]: true }
declare const indexBrand: unique symbol
export type NativeIndex = { readonly [indexBrand]: true }

/** Kind, up to four numbers, and a text. */
export type NativeCommand = readonly (number | string)[]
export type NativeEntry = readonly [numbers: Float64Array, commands: readonly NativeCommand[]]
/** Begins a group, book, data, tags. */
export type NativeRecord = readonly [boolean, number, Uint8Array, readonly string[]]
export type NativeFrame = readonly [head: Float64Array, records: Float64Array]
export type NativeCursorState = readonly [number, number, number, shards: Float64Array]

/** Doubles in front of an entry's cut: index, timestamp, first seqnum, 1 if verdicts follow. */
export const entryHead = 4
/** Doubles per run: shard, first local id, count, first seqnum. */
export const runWidth = 4
/** Doubles per shard of a cursor: shard, progress, first entry that may take it further, end of those. */
export const shardWidth = 4
/** Doubles per record of a frame: 1 if first, book, tags begin, tag count, data begin, data size. */
export const frameRecordWidth = 6
export const frameOfRecords = 1
export const frameOfEntry = 2

export interface OrderAddon {
  orderCursorNew(): NativeCursor
  orderCursorApply(
    cursor: NativeCursor,
    numbers: Float64Array,
    commands: readonly NativeCommand[],
  ): Float64Array | NativeFailure
  orderCursorState(cursor: NativeCursor): NativeCursorState
  orderCursorRestore(
    cursor: NativeCursor,
    index: number,
    nextSeqnum: number,
    timestamp: number,
    shards: Float64Array,
  ): null
  orderEntryEncode(numbers: Float64Array, commands: readonly NativeCommand[]): Buffer
  orderEntryDecode(bytes: Uint8Array): NativeEntry | NativeFailure
  orderFrameEncode(
    log: Uint8Array,
    view: number,
    physicalLog: number,
    shard: number,
    firstLocalId: number,
    records: readonly NativeRecord[],
  ): Buffer | NativeFailure
  orderFrameOfEntry(
    log: Uint8Array,
    view: number,
    physicalLog: number,
    entry: Uint8Array,
  ): Buffer | NativeFailure
  orderFrameDecode(log: Uint8Array, bytes: Uint8Array): NativeFrame | NativeFailure
  orderIndexNew(seed: Uint8Array): NativeIndex
  orderIndexAdd(index: NativeIndex, book: number, tags: readonly string[], seqnum: number): boolean
  orderIndexNext(index: NativeIndex, book: number, tag: string | null, from: number): number
  orderIndexPrevious(index: NativeIndex, book: number, tag: string | null, to: number): number
  orderIndexStat(index: NativeIndex): Float64Array
}

/** @throws ERR_DAYBOOK_NO_BINARY */
export function orderAddon(): OrderAddon {
  return loadNative() as unknown as OrderAddon
}

/** Failures are told from answers by their message. */
export function isFailure(answer: unknown): answer is NativeFailure {
  return Array.isArray(answer) && typeof answer[1] === 'string'
}

/** The answer, or what went wrong as an error. */
export function mustBe<T>(answer: T | NativeFailure): T {
  if (isFailure(answer)) throw errorFromNative(answer)
  return answer as T
}
