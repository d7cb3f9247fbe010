// The cursor: applies metalog entries in turn, and so gives every record its position. The same code orders
// the records of an embedded log (native/log/metalog_cursor.h).

import { outOfRange } from '../log/errors.js'
import { isFailure, type NativeCursor, orderAddon, runWidth, shardWidth } from './addon.js'
import { checkArray, checkCount, checkKeys, checkObject, u32Max } from './checks.js'
import { Cut, type ShardProgress } from './cut.js'
import type { MetalogCommand } from './metalog-command.js'
import { MetalogEntry, type MetalogEntryFields, toNative } from './metalog-entry.js'

/** Consecutive records of one shard at consecutive positions. */
export interface OrderedRun {
  /** Number of the shard. */
  readonly shard: number
  /** Local id of the first record. */
  readonly firstLocalId: number
  /** How many records, at least 1. */
  readonly count: number
  /** Position of the first record. */
  readonly firstSeqnum: number
}

/** What a cursor knows of a shard. */
export interface ShardState extends ShardProgress {
  /** Index of the first entry that may take it further; 0 if it was never added by a command. */
  readonly firstIndex: number
  /** Index of the first entry that may not take it further any more; Infinity: it is not finalized. */
  readonly endIndex: number
}

/** All that a cursor is: with it another one goes on behind the same entry. Plain data, for a checkpoint. */
export interface CursorState {
  /** Of the last applied entry; 0: none. */
  readonly index: number
  /** Position of the next record; 2^53 if there is none left. */
  readonly nextSeqnum: number
  /** Of the last applied entry, in milliseconds since 1970. */
  readonly timestamp: number
  /** Ascending by number. */
  readonly shards: readonly ShardState[]
}

/** What the next entry says beside its cut. */
export interface NextEntryOptions {
  /** Milliseconds since 1970; raised to that of the entry before if it is lower. */
  readonly timestamp: number
  /** In the order in which they take effect. Default: none. */
  readonly commands?: readonly MetalogCommand[]
}

/**
 * Same entries, same positions, whoever applies them: an entry orders, shard by shard in ascending order,
 * what has grown since the entry before, by local id (Scalog, NSDI '20, section 3; Boki, SOSP '21, section
 * 4.2).
 */
export class Cursor {
  readonly #native: NativeCursor
  #state: CursorState | undefined

  /**
   * @param state - where it goes on; left out: in front of the first entry
   * @throws ERR_DAYBOOK_INVALID_ARG, ERR_DAYBOOK_NO_BINARY
   */
  constructor(state?: CursorState) {
    const checked = state === undefined ? undefined : checkState(state)
    this.#native = orderAddon().orderCursorNew()
    if (checked !== undefined) orderAddon().orderCursorRestore(this.#native, ...checked)
  }

  /** Of the last applied entry; 0: none. */
  get index(): number {
    return this.state().index
  }

  /** Position of the next record that is ordered; 2^53 if there is none left. */
  get nextSeqnum(): number {
    return this.state().nextSeqnum
  }

  /** Of the last applied entry, in milliseconds since 1970. */
  get timestamp(): number {
    return this.state().timestamp
  }

  /** How many of the shard's records are ordered. */
  progress(shard: number): number {
    const number = checkCount('shard', shard, u32Max)
    return this.state().shards.find((one) => one.shard === number)?.progress ?? 0
  }

  /**
   * Whether no entry to come can take the shard further: what it has beyond its progress is never ordered.
   */
  isFinal(shard: number): boolean {
    const number = checkCount('shard', shard, u32Max)
    const { index, shards } = this.state()
    return (shards.find((one) => one.shard === number)?.endIndex ?? Number.POSITIVE_INFINITY) <= index + 1
  }

  /**
   * Applies the next entry.
   * @returns what it has ordered, in the order of the positions
   * @throws ERR_DAYBOOK_INVALID_ARG (a RangeError), with nothing changed, if the entry is not the next one;
   *   if time, positions or a shard's progress went back; if it takes a shard further that is not there yet
   *   or is final, or adds one that there is; or if positions would pass 2^53 - 1
   */
  apply(entry: MetalogEntry | MetalogEntryFields): OrderedRun[] {
    const answer = orderAddon().orderCursorApply(this.#native, ...toNative(MetalogEntry.of(entry)))
    if (isFailure(answer)) throw outOfRange(answer[1])
    this.#state = undefined
    const runs: OrderedRun[] = []
    for (let at = 0; at < answer.length; at += runWidth) {
      const [shard, firstLocalId, count, firstSeqnum] = answer.subarray(at) as unknown as number[]
      runs.push({ shard, firstLocalId, count, firstSeqnum } as OrderedRun)
    }
    return runs
  }

  /**
   * The entry that orders what has grown since the last one applied: what a sequencer proposes. Shards that
   * may not grow, because they are final or not there yet, are left out, and what is not ahead of the cursor
   * too. Changes nothing: the entry counts when it is applied.
   */
  next(cut: Iterable<ShardProgress>, options: NextEntryOptions): MetalogEntry {
    const given = checkObject('options', options)
    checkKeys('options', given, ['timestamp', 'commands'])
    const { index, nextSeqnum, timestamp, shards } = this.state()
    const fields = {
      index: index + 1,
      timestamp: Math.max(checkCount('timestamp', given['timestamp']), timestamp),
      firstSeqnum: nextSeqnum,
    }
    const asked = (given['commands'] ?? []) as readonly MetalogCommand[]
    const { commands } = new MetalogEntry({ ...fields, commands: asked })
    const known = new Map(shards.map((shard) => [shard.shard, shard]))
    const grown = [...new Cut(cut)].filter(({ shard, progress }) => {
      const state = known.get(shard)
      return progress > (state?.progress ?? 0) && mayGrow(shard, state, fields.index, commands)
    })
    return new MetalogEntry({ ...fields, cut: grown, commands })
  }

  /** All that it knows, as it is now. */
  state(): CursorState {
    this.#state ??= this.#read()
    return this.#state
  }

  #read(): CursorState {
    const [index, nextSeqnum, timestamp, numbers] = orderAddon().orderCursorState(this.#native)
    const shards: ShardState[] = []
    for (let at = 0; at < numbers.length; at += shardWidth) {
      const [shard, progress, firstIndex, endIndex] = numbers.subarray(at) as unknown as number[]
      shards.push(Object.freeze({ shard, progress, firstIndex, endIndex }) as ShardState)
    }
    return Object.freeze({ index, nextSeqnum, timestamp, shards: Object.freeze(shards) })
  }
}

/** Whether the entry with this index and these commands may take the shard further. */
function mayGrow(
  shard: number,
  state: ShardState | undefined,
  index: number,
  commands: readonly MetalogCommand[],
): boolean {
  let { firstIndex = 0, endIndex = Number.POSITIVE_INFINITY } = state ?? {}
  for (const command of commands) {
    if (command.kind === 'addShard' && command.shard === shard) firstIndex = index + command.countdown
    if (command.kind === 'finalizeShard' && command.shard === shard)
      endIndex = Math.min(endIndex, index + command.countdown)
  }
  return index >= firstIndex && index < endIndex
}

function checkState(value: unknown) {
  const { index, nextSeqnum, timestamp, shards } = checkObject('the state of a cursor', value)
  const list = checkArray('shards', shards)
  const numbers = new Float64Array(list.length * shardWidth)
  let at = 0
  let before = -1
  for (const one of list) {
    const shard = checkObject('a shard', one)
    const number = checkCount('shard', shard['shard'], u32Max)
    if (number <= before) throw outOfRange('a state names each shard once, in ascending order')
    before = number
    numbers[at++] = number
    numbers[at++] = checkCount('progress', shard['progress'])
    numbers[at++] = checkIndex('firstIndex', shard['firstIndex'])
    numbers[at++] = checkIndex('endIndex', shard['endIndex'])
  }
  const next = nextSeqnum === 2 ** 53 ? nextSeqnum : checkCount('nextSeqnum', nextSeqnum)
  return [checkCount('index', index), next, checkCount('timestamp', timestamp), numbers] as const
}

function checkIndex(name: string, value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : checkCount(name, value)
}
