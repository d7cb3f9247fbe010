// What a stream that appends does with what is written to it: makes groups, appends one after the other, and
// keeps count. It has no buffer of its own, and never more than one group under way: so what is in the log is
// always a beginning of what was written, without a hole. The streams themselves are in append-stream.ts.

import type { AppendItem } from './backend.js'
import { byteLengthOf } from './byte-length.js'
import { errorFromCode, isDaybookError } from './errors.js'
import { fixedLimits } from './options.js'
import { tagBytes } from './validate.js'

/** The book behind a sink. */
export interface AppendTarget {
  /** A group has at most so many bytes of data and tags, or one record. */
  readonly groupBytesMax: number
  /** Checks and encodes what was written. The bytes are good until the turn ends. Throws. */
  itemOf(written: unknown): AppendItem
  /** One group, not empty. The bytes are copied on return. Rejects with an error that carries `outcome`. */
  append(group: readonly AppendItem[]): Promise<number[]>
  /** Resolves when an append is not refused as overloaded. */
  ready(): Promise<void>
}

/** As much of what was written as one group can hold, and what was wrong with the one behind it. */
interface Group {
  readonly items: AppendItem[]
  readonly bad: { readonly error: unknown } | undefined
}

const groupRecordsMax = fixedLimits.groupRecordsMax.value

export class AppendSink {
  readonly #target: AppendTarget
  readonly #onAcknowledged: ((seqnums: number[]) => void) | undefined
  #acknowledged = 0
  #stopped = false
  #underWay: Promise<void> = Promise.resolve()
  #wake: () => void = nothing

  constructor(target: AppendTarget, onAcknowledged: ((seqnums: number[]) => void) | undefined) {
    this.#target = target
    this.#onAcknowledged = onAcknowledged
  }

  /**
   * Resolves when all of it is acknowledged, or the sink stopped. Not to be called before the last call has
   * settled. What is wrong with one of them comes out when all before it are acknowledged.
   */
  write(written: readonly unknown[]): Promise<void> {
    const work = this.#write(written)
    this.#underWay = work.catch(nothing)
    return work
  }

  /** Begins no further group. Resolves when the one under way has settled, one way or the other. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    return this.#underWay
  }

  async #write(written: readonly unknown[]): Promise<void> {
    let position = 0
    while (position < written.length && !this.#stopped) {
      const { items, bad } = this.#group(written, position)
      if (items.length > 0 && !(await this.#append(items))) {
        await this.#room()
        continue
      }
      if (bad !== undefined) throw this.#named(bad.error)
      position += items.length
    }
  }

  #group(written: readonly unknown[], position: number): Group {
    const items: AppendItem[] = []
    let bytes = 0
    for (let i = position; i < written.length && items.length < groupRecordsMax; i++) {
      try {
        const item = this.#target.itemOf(written[i])
        bytes += byteLengthOf(item.data) + tagBytes(item.tags)
        // It is encoded again for the next group: bytes of a codec do not keep for longer than a turn.
        if (items.length > 0 && bytes > this.#target.groupBytesMax) break
        items.push(item)
      } catch (error) {
        return { items, bad: { error } }
      }
    }
    return { items, bad: undefined }
  }

  /** False: there was no room, and nothing was taken. */
  async #append(items: readonly AppendItem[]): Promise<boolean> {
    let seqnums: number[]
    try {
      seqnums = await this.#target.append(items)
    } catch (error) {
      if (isDaybookError(error) && error.code === 'ERR_DAYBOOK_OVERLOADED') return false
      throw this.#named(error)
    }
    this.#acknowledged += seqnums.length
    this.#onAcknowledged?.(seqnums)
    return true
  }

  /** Waits until there is room, or the sink is stopped. */
  async #room(): Promise<void> {
    if (this.#stopped) return
    try {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        this.#target.ready().then(resolve, reject)
      })
    } catch (error) {
      throw this.#named(error)
    } finally {
      this.#wake = nothing
    }
  }

  /**
   * The error again, with how far the stream has come. Another append may have failed with the same object.
   */
  #named(error: unknown): unknown {
    if (!isDaybookError(error)) return error
    const acknowledged = this.#acknowledged
    const count = acknowledged === 1 ? '1 record' : `${acknowledged} records`
    const named = errorFromCode(error.code, `${error.message} (behind ${count} of the stream)`, {
      outcome: error.outcome ?? 'notWritten',
      cause: error.cause,
      base: error instanceof RangeError ? 'RangeError' : undefined,
    })
    return Object.assign(named, { acknowledged })
  }
}

function nothing(): void {}
