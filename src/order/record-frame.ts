// A frame of records: what a shard gives out, and what its replicas keep. It is bound to its shard and local
// ids by checksums, and to no place: the same bytes go everywhere.

import { errorFromCode, invalidArgument } from '../log/errors.js'
import { frameOfRecords, frameRecordWidth, mustBe, orderAddon } from './addon.js'
import { checkEncoded } from './checks.js'
import { decodeHead } from './frame-head.js'
import { checkLogId } from './scope.js'

/** A record as it stands in a frame. It has no position: the cut gives it one. */
export interface ShardRecord {
  /** Its number in its shard. */
  readonly localId: number
  /** Whether it begins a group. */
  readonly isFirst: boolean
  /** Number of its book. */
  readonly book: number
  /** In the order in which they were given, each once. */
  readonly tags: readonly string[]
  /** A view of the bytes that were decoded. */
  readonly data: Uint8Array
}

/** A frame of records, decoded, with every checksum compared. */
export class RecordFrame {
  /** Configuration in which the shard exists. */
  readonly view: number
  /** Number of the physical log. */
  readonly physicalLog: number
  /** Number of the shard. */
  readonly shard: number
  /** Local id of the first record. */
  readonly firstLocalId: number
  /** In whole groups, in the order of their local ids. */
  readonly records: readonly ShardRecord[]
  /** Bytes of the whole frame; where others follow it in the same bytes, the next begins here. */
  readonly byteLength: number

  private constructor(head: Float64Array, records: readonly ShardRecord[]) {
    const { view, physicalLog, shard, firstLocalId, byteLength } = decodeHead(head)
    this.view = view
    this.physicalLog = physicalLog
    this.shard = shard
    this.firstLocalId = firstLocalId
    this.byteLength = byteLength
    this.records = records
  }

  /** Local id behind the last record: how far the shard has come for whoever holds all up to here. */
  get nextLocalId(): number {
    return this.firstLocalId + this.records.length
  }

  /**
   * The frame at the front of `bytes`, which the records' data keeps in memory and must not be changed; a
   * copy is made of shared memory alone. What is behind it is not looked at.
   * @param log - the id of the log, 16 bytes
   * @throws ERR_DAYBOOK_CORRUPT if a checksum does not hold, or the frame is of another log;
   *   ERR_DAYBOOK_FORMAT if a newer version made it; ERR_DAYBOOK_INVALID_ARG
   */
  static decode(log: Uint8Array, bytes: Uint8Array): RecordFrame {
    const checked = checkEncoded(bytes)
    const [head, index] = mustBe(orderAddon().orderFrameDecode(checkLogId(log), checked))
    const { type, firstLocalId } = decodeHead(head)
    if (type !== frameOfRecords) throw invalidArgument('the frame holds no records')
    return new RecordFrame(head, decodeRecords(index, firstLocalId, checked))
  }
}

function decodeRecords(index: Float64Array, firstLocalId: number, bytes: Uint8Array): ShardRecord[] {
  const records: ShardRecord[] = []
  for (let at = 0; at < index.length; at += frameRecordWidth) {
    const [first, book, tagsStart, tagCount, dataStart, dataSize] = index.subarray(
      at,
      at + frameRecordWidth,
    ) as unknown as [number, number, number, number, number, number]
    if (records.length === 0 && first !== 1)
      throw errorFromCode('ERR_DAYBOOK_CORRUPT', 'the frame begins in the middle of a group')
    records.push({
      localId: firstLocalId + records.length,
      isFirst: first === 1,
      book,
      tags: decodeTags(bytes, tagsStart, tagCount),
      data: bytes.subarray(dataStart, dataStart + dataSize),
    })
  }
  return records
}

const decoder = new TextDecoder()

function decodeTags(bytes: Uint8Array, start: number, count: number): string[] {
  const tags: string[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    const end = at + 1 + (bytes[at] as number)
    tags.push(decoder.decode(bytes.subarray(at + 1, end)))
    at = end
  }
  return tags
}
