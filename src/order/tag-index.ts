// The tag index: where the records with a tag are. It knows tags by a keyed hash, so what it says is a hint.

import { randomFillSync } from 'node:crypto'
import { invalidArgument, outOfRange } from '../log/errors.js'
import { checkBound, checkTag, checkTags } from '../log/validate.js'
import { type NativeIndex, orderAddon } from './addon.js'
import { checkBytes, checkCount, checkKeys, checkObject, countMax } from './checks.js'

const seedBytes = 16

/** What an index may be given. */
export interface TagIndexOptions {
  /**
   * The key of its hashes: 16 secret bytes, so that nobody who chooses tags can choose collisions
   * (SipHash-1-3; Aumasson and Bernstein, INDOCRYPT 2012). Default: drawn at random.
   */
  readonly seed?: Uint8Array
}

/** What an index holds. */
export interface TagIndexStat {
  /** Seqnums, counted under each tag and under their book. */
  readonly postings: number
  /** Tags and books; counted again for each span of 2^32 positions. */
  readonly streams: number
  /** Bytes of memory. */
  readonly bytes: number
}

/**
 * For each tag in a book, and for each book, the ascending seqnums of its records, in memory: 4 bytes for
 * each, and 24 for each tag.
 *
 * Tags are known by a hash of 64 bits, and so a seqnum that it gives may be that of a record with another
 * tag: check the record's own tags before anything is decided, and ask again behind it if it does not carry
 * the tag. It never leaves a record out.
 */
export class TagIndex {
  readonly #native: NativeIndex

  /** @throws ERR_DAYBOOK_INVALID_ARG, ERR_DAYBOOK_NO_BINARY */
  constructor(options: TagIndexOptions = {}) {
    const given = checkObject('options', options)
    checkKeys('options', given, ['seed'])
    const seed = given['seed']
    const bytes = seed === undefined ? randomFillSync(new Uint8Array(seedBytes)) : undefined
    this.#native = orderAddon().orderIndexNew(bytes ?? checkBytes('seed', seed, seedBytes))
  }

  /**
   * Notes a record under its tags and its book. Records are added in the order of the log: told again, the
   * last one changes nothing.
   * @param tags - one tag or several, as many as a record may have
   * @param seqnum - 0 to 2^53 - 1
   * @param book - number of the book, 0 to 2^53 - 1
   * @throws ERR_DAYBOOK_INVALID_ARG, with nothing noted, also if `seqnum` is below one that was added before
   */
  add(tags: string | readonly string[], seqnum: number, book = 1): void {
    const names = typeof tags === 'string' ? [checkTag(tags)] : checkTags(tags)
    const position = checkCount('seqnum', seqnum)
    if (orderAddon().orderIndexAdd(this.#native, checkCount('book', book), names, position)) return
    throw outOfRange(`seqnum ${position} is below one that was added before`)
  }

  /**
   * The first seqnum at or after `from`; null if there is none.
   * @param tag - null: of the whole book
   * @param from - an integer from -1 on, or Infinity
   */
  next(tag: string | null, from = 0, book = 1): number | null {
    const bound = Math.max(checkBound('from', from), 0)
    const [name, number] = [checkTagOrNull(tag), checkCount('book', book)]
    if (bound > countMax) return null
    const found = orderAddon().orderIndexNext(this.#native, number, name, bound)
    return found < 0 ? null : found
  }

  /**
   * The last seqnum at or before `to`; null if there is none.
   * @param tag - null: of the whole book
   * @param to - an integer from -1 on, or Infinity
   */
  previous(tag: string | null, to = Number.POSITIVE_INFINITY, book = 1): number | null {
    const bound = Math.min(checkBound('to', to), countMax)
    const [name, number] = [checkTagOrNull(tag), checkCount('book', book)]
    if (bound < 0) return null
    const found = orderAddon().orderIndexPrevious(this.#native, number, name, bound)
    return found < 0 ? null : found
  }

  /** How much it holds. */
  stat(): TagIndexStat {
    const [postings, streams, bytes] = orderAddon().orderIndexStat(this.#native) as unknown as number[]
    return { postings, streams, bytes } as TagIndexStat
  }
}

function checkTagOrNull(tag: unknown): string | null {
  if (tag === undefined) throw invalidArgument('tag must be a string, or null for the whole book')
  return tag === null ? null : checkTag(tag)
}
