// A metalog entry: a cut, and commands. All that has to be agreed on, in the bytes of
// docs/formats/metalog-entry.md.

import { invalidArgument, outOfRange } from '../log/errors.js'
import { entryHead, frameOfEntry, mustBe, type NativeCommand, orderAddon } from './addon.js'
import { checkArray, checkCount, checkEncoded, checkKeys, checkObject, u32Max } from './checks.js'
import type { ShardProgress } from './cut.js'
import { decodeHead } from './frame-head.js'
import { checkCommand, commandFromNative, commandToNative, type MetalogCommand } from './metalog-command.js'
import { checkLogId, checkScope, type FrameScope } from './scope.js'

/** The parts of an entry. Left out: no shards, no commands, no verdicts. */
export interface MetalogEntryFields {
  /** Consecutive, from 1. */
  readonly index: number
  /** Milliseconds since 1970 of every record that it orders; never less than in the entry before. */
  readonly timestamp: number
  /** The position of the first record that it orders; at or above the next free one. */
  readonly firstSeqnum: number
  /** The shards that have grown, ascending by number. */
  readonly cut?: readonly ShardProgress[]
  /** In the order in which they take effect. */
  readonly commands?: readonly MetalogCommand[]
  /** Whether a frame of verdicts follows it. */
  readonly hasVerdicts?: boolean
}

/** An entry, immutable. Whether it may follow another one, a {@link Cursor} knows. */
export class MetalogEntry {
  /** Consecutive, from 1. */
  readonly index: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** The position of the first record that it orders. */
  readonly firstSeqnum: number
  /** The shards that have grown, ascending by number. */
  readonly cut: readonly ShardProgress[]
  /** In the order in which they take effect. */
  readonly commands: readonly MetalogCommand[]
  /** Whether a frame of verdicts follows it. */
  readonly hasVerdicts: boolean
  /** Only a constructor that has checked all of it gives it one. */
  readonly #isChecked = true

  /** @throws ERR_DAYBOOK_INVALID_ARG */
  constructor(fields: MetalogEntryFields) {
    const given = checkObject('a metalog entry', fields)
    const { index, timestamp, firstSeqnum, cut = [], commands = [], hasVerdicts = false } = given
    checkKeys('a metalog entry', given, fieldNames)
    if (typeof hasVerdicts !== 'boolean') throw invalidArgument('hasVerdicts must be a boolean')
    this.index = checkCount('index', index)
    this.timestamp = checkCount('timestamp', timestamp)
    this.firstSeqnum = checkCount('firstSeqnum', firstSeqnum)
    this.cut = checkCut(cut)
    this.commands = Object.freeze(Array.from(checkArray('commands', commands), checkCommand))
    this.hasVerdicts = hasVerdicts
    Object.freeze(this)
  }

  /**
   * The entry itself, or one made of its fields: so entries of another copy of the package pass.
   * @internal
   */
  static of(value: MetalogEntryFields): MetalogEntry {
    const given = checkObject('entry', value)
    return #isChecked in given ? (given as unknown as MetalogEntry) : new MetalogEntry(value)
  }

  /** The bytes of the entry, without a checksum: for a storage or transport that has its own. */
  encode(): Uint8Array {
    return orderAddon().orderEntryEncode(...toNative(this))
  }

  /**
   * The entry in exactly these bytes.
   * @throws ERR_DAYBOOK_CORRUPT if they are none, ERR_DAYBOOK_FORMAT if a newer version made them
   */
  static decode(bytes: Uint8Array): MetalogEntry {
    return fromNative(...mustBe(orderAddon().orderEntryDecode(checkEncoded(bytes))))
  }

  /** A frame that holds the entry under a checksum of its own (docs/formats/frame.md). */
  toFrame(scope: FrameScope): Uint8Array {
    const { log, view, physicalLog } = checkScope(scope)
    return mustBe(orderAddon().orderFrameOfEntry(log, view, physicalLog, this.encode()))
  }

  /**
   * The entry in the frame at the front of `bytes`; what is behind it is not looked at.
   * @param log - the id of the log, 16 bytes
   * @throws ERR_DAYBOOK_CORRUPT, ERR_DAYBOOK_FORMAT
   */
  static fromFrame(log: Uint8Array, bytes: Uint8Array): MetalogEntry {
    const checked = checkEncoded(bytes)
    const [head] = mustBe(orderAddon().orderFrameDecode(checkLogId(log), checked))
    const { type, bodyStart, byteLength } = decodeHead(head)
    if (type !== frameOfEntry) throw invalidArgument('the frame holds no metalog entry')
    return MetalogEntry.decode(checked.subarray(bodyStart, byteLength))
  }
}

const fieldNames = ['index', 'timestamp', 'firstSeqnum', 'cut', 'commands', 'hasVerdicts']

function checkCut(value: unknown): readonly ShardProgress[] {
  let before = -1
  const cut = Array.from(checkArray('cut', value), (one) => {
    const { shard, progress } = checkObject('an element of the cut', one)
    const checked = { shard: checkCount('shard', shard, u32Max), progress: checkCount('progress', progress) }
    if (checked.shard <= before) throw outOfRange('a cut names each shard once, in ascending order')
    before = checked.shard
    return Object.freeze(checked)
  })
  return Object.freeze(cut)
}

/** How an entry crosses. */
export function toNative({ index, timestamp, firstSeqnum, hasVerdicts, cut, commands }: MetalogEntry) {
  const numbers = new Float64Array(entryHead + 2 * cut.length)
  numbers.set([index, timestamp, firstSeqnum, hasVerdicts ? 1 : 0])
  let at = entryHead
  for (const { shard, progress } of cut) {
    numbers[at++] = shard
    numbers[at++] = progress
  }
  return [numbers, commands.map(commandToNative)] as const
}

function fromNative(numbers: Float64Array, commands: readonly NativeCommand[]): MetalogEntry {
  const [index, timestamp, firstSeqnum, verdicts] = numbers as unknown as [number, number, number, number]
  const cut: ShardProgress[] = []
  for (let at = entryHead; at < numbers.length; at += 2)
    cut.push({ shard: numbers[at] as number, progress: numbers[at + 1] as number })
  return new MetalogEntry({
    index,
    timestamp,
    firstSeqnum,
    cut,
    commands: commands.map(commandFromNative),
    hasVerdicts: verdicts === 1,
  })
}
