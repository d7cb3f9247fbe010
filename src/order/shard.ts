// The shard: numbers the records of one writer, keeps groups whole, and gives them out as frames.

import { byteLengthOf } from '../log/byte-length.js'
import { outOfRange, tooLarge } from '../log/errors.js'
import { fixedLimits } from '../log/options.js'
import { checkData, checkTags } from '../log/validate.js'
import { mustBe, type NativeRecord, orderAddon } from './addon.js'
import { checkArray, checkCount, checkKeys, checkObject, countMax, u32Max } from './checks.js'
import { checkScope, type FrameScope } from './scope.js'

const MiB = 1024 * 1024
/** A frame is closed before it grows past this, unless one group alone is larger. */
const frameBytes = 4 * MiB
const groupBytesMax = 64 * MiB
/** More than a record's bytes beside its tags and its data. */
const recordOverhead = 24

/** A record to be added to a shard. */
export interface NewRecord {
  /** Copied when the call returns; may be empty. */
  readonly data: Uint8Array
  /** Up to 256 tags of 1 to 255 bytes of UTF-8; duplicates are merged. Default: none. */
  readonly tags?: readonly string[]
  /** Number of its book, 0 to 2^53 - 1. Default: 1. */
  readonly book?: number
}

/** What a shard is made of. */
export interface ShardOptions extends FrameScope {
  /** Its number, 0 to 2^32 - 1, given to no other shard of the log, ever. */
  readonly shard: number
  /** Where its numbering begins, if it goes on from what was stored. Default: 0. */
  readonly firstLocalId?: number
}

interface Group {
  readonly records: readonly NativeRecord[]
  readonly bytes: number
}

/**
 * One writer's sequence of records. It holds what was added until that is taken out as a frame; from then on
 * the frame's bytes are the caller's to store, to send, and to send again.
 */
export class Shard {
  /** Its number. */
  readonly shard: number
  readonly #scope: Required<FrameScope>
  readonly #groups: Group[] = []
  #taken = 0
  #next: number
  #framed: number

  /** @throws ERR_DAYBOOK_INVALID_ARG */
  constructor(options: ShardOptions) {
    this.#scope = checkScope(options, ['shard', 'firstLocalId'])
    this.shard = checkCount('shard', options.shard, u32Max)
    this.#next = checkCount('firstLocalId', options.firstLocalId ?? 0)
    this.#framed = this.#next
  }

  /** The local id of the next record. */
  get nextLocalId(): number {
    return this.#next
  }

  /** The local id behind the last record that was given out in a frame: the shard's own progress. */
  get progress(): number {
    return this.#framed
  }

  /**
   * Adds one record, or a group: consecutive, and never split by a frame or a cut that goes by frames.
   * @param records - a record, or 1 to 65,536 of them, together up to 64 MiB
   * @returns the local id of the first
   * @throws ERR_DAYBOOK_INVALID_ARG, ERR_DAYBOOK_TOO_LARGE; then nothing was added
   */
  append(records: NewRecord | readonly NewRecord[]): number {
    const list = Array.isArray(records) ? checkArray('records', records) : [records]
    const recordsMax = fixedLimits.groupRecordsMax.value
    if (list.length === 0) throw outOfRange('a group has at least one record')
    if (list.length > recordsMax) throw tooLarge(`a group has at most ${recordsMax} records`)
    let bytes = 0
    const group = Array.from(list, (record, i): NativeRecord => {
      const [book, data, tags, size] = checkRecord(record)
      bytes += size
      if (bytes > groupBytesMax) throw tooLarge(`a group has at most ${groupBytesMax} bytes`)
      return [i === 0, book, Uint8Array.from(data), tags]
    })
    if (this.#next > countMax - group.length) throw outOfRange('there are no more local ids')
    this.#groups.push({ records: group, bytes })
    const first = this.#next
    this.#next += group.length
    return first
  }

  /**
   * What was added since the frame before, as one frame of whole groups; null if there is nothing. Of more
   * than about 4 MiB it is the beginning, and the next call gives what follows.
   */
  takeFrame(): Uint8Array | null {
    const records: NativeRecord[] = []
    let bytes = 0
    let end = this.#taken
    for (; end < this.#groups.length; end++) {
      const group = this.#groups[end] as Group
      if (records.length > 0 && bytes + group.bytes > frameBytes) break
      for (const record of group.records) records.push(record)
      bytes += group.bytes
    }
    if (records.length === 0) return null
    const { log, view, physicalLog } = this.#scope
    const frame = orderAddon().orderFrameEncode(log, view, physicalLog, this.shard, this.#framed, records)
    const encoded = mustBe(frame)
    this.#framed += records.length
    this.#taken = end
    if (end === this.#groups.length) {
      this.#groups.length = 0
      this.#taken = 0
    }
    return encoded
  }
}

function checkRecord(value: unknown) {
  const given = checkObject('a record', value)
  checkKeys('a record', given, ['data', 'tags', 'book'])
  const { data, tags, book = 1 } = given
  const bytes = checkData(data)
  const names = checkTags(tags)
  let size = recordOverhead + byteLengthOf(bytes)
  for (const name of names) size += 1 + Buffer.byteLength(name)
  return [checkCount('book', book), bytes, names, size] as const
}
