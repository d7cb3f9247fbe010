// The cut: a vector that says for each shard how many of its records are stable, and may be ordered.

import { invalidArgument, outOfRange } from '../log/errors.js'
import { checkArray, checkCount, u32Max } from './checks.js'

/** One element of a cut. */
export interface ShardProgress {
  /** Number of the shard: 0 to 2^32 - 1. */
  readonly shard: number
  /** How many of its records: the local id behind the last of them, 0 to 2^53 - 1. */
  readonly progress: number
}

/**
 * How far each shard has come. A cut only grows: what is said late, or twice, changes nothing, so reports may
 * arrive in any order, and cuts may be merged in a tree on their way to the sequencer (the aggregators of
 * Scalog, NSDI '20, section 3). A shard that is not in it stands at 0.
 */
export class Cut implements Iterable<ShardProgress> {
  readonly #progress = new Map<number, number>()

  /** @param shards - where it begins. Default: empty. */
  constructor(shards: Iterable<ShardProgress> = []) {
    if (typeof (shards as Iterable<unknown> | null)?.[Symbol.iterator] !== 'function')
      throw invalidArgument('the shards of a cut must be iterable')
    for (const { shard, progress } of shards) this.raise(shard, progress)
  }

  /** How many shards it names. */
  get size(): number {
    return this.#progress.size
  }

  /** How far `shard` has come; 0 if it is not there. */
  progress(shard: number): number {
    return this.#progress.get(checkCount('shard', shard, u32Max)) ?? 0
  }

  /**
   * Notes that `shard` has come to `progress`, unless it has come further already.
   * @returns whether the cut has grown
   */
  raise(shard: number, progress: number): boolean {
    const number = checkCount('shard', shard, u32Max)
    const value = checkCount('progress', progress)
    const known = this.#progress.get(number)
    if (known !== undefined && known >= value) return false
    this.#progress.set(number, value)
    return value > 0
  }

  /**
   * Raises each shard to what `other` says of it: the maximum of both, shard by shard.
   * @returns whether the cut has grown
   */
  merge(other: Iterable<ShardProgress>): boolean {
    const shards = [...new Cut(other)]
    let hasGrown = false
    for (const { shard, progress } of shards) hasGrown = this.raise(shard, progress) || hasGrown
    return hasGrown
  }

  /** Whether every shard has come at least as far as in `other`. */
  covers(other: Iterable<ShardProgress>): boolean {
    for (const { shard, progress } of new Cut(other)) if (this.progress(shard) < progress) return false
    return true
  }

  /** Ascending by shard: the order in which a cursor orders. */
  [Symbol.iterator](): Iterator<ShardProgress> {
    const numbers = [...this.#progress.keys()].sort((a, b) => a - b)
    return numbers.map((shard) => ({ shard, progress: this.#progress.get(shard) as number })).values()
  }

  /**
   * The w-th highest of what the replicas of one shard have reported: so far at least `w` of them have come.
   * With `w` the number of replicas it is the lowest, as in Scalog; a replica that has said nothing counts as
   * 0.
   * @param reports - progress of each replica, 1 to 1024 of them
   * @param w - 1 to the number of replicas
   */
  static wthHighest(reports: readonly number[], w: number): number {
    const all = checkArray('reports', reports)
    if (all.length < 1 || all.length > 1024)
      throw outOfRange(`a shard has 1 to 1024 replicas, not ${all.length}`)
    const count = checkCount('w', w, all.length)
    if (count === 0) throw outOfRange('w must be at least 1')
    const sorted = Array.from(all, (one) => checkCount('a report', one)).sort((a, b) => b - a)
    return sorted[count - 1] as number
  }
}
