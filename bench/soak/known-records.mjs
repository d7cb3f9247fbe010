// Records as a function of their number, so that answers about any number of them can be checked without
// remembering one: which tags a record has, and which record is the first of a tag at or behind a number.
//
// Each record has a key tag. They are dealt in rounds of as many as there are keys; in each round every
// key comes once, in an order of that round's own. Every second record has one of a few hot tags as well.

/** Hot tags; each is on one record out of twice as many. */
export const hotCount = 8
const hotStride = 2 * hotCount

/** Data has 16 to 32 bytes, as the number's place in its block says. */
export const dataBytesMin = 16
const dataBytesSpread = 17

export const hotTag = (/** @type {number} */ hot) => `hot:${hot}`

/** How many of the first `total` records have the hot tag. @param {number} hot @param {number} total */
export const hotRecords = (hot, total) => Math.max(0, Math.ceil((total - 2 * hot) / hotStride))

/** The record that has the hot tag for the `nth` time. @param {number} hot @param {number} nth from 0 on */
export const hotRecord = (hot, nth) => nth * hotStride + 2 * hot

/** @param {number} i */
export const dataBytesOf = (i) => dataBytesMin + (i % dataBytesSpread)

/** Writes the data of record `i` at the beginning of `bytes`: its number, twice. @param {DataView} view */
export function writeData(view, i) {
  view.setFloat64(0, i, true)
  view.setFloat64(8, i, true)
}

/** The number of a record, or -1 if these are not its data. @param {Uint8Array} data */
export function numberOf(data) {
  if (data.length < dataBytesMin) return -1
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const i = view.getFloat64(0, true)
  if (i !== view.getFloat64(8, true) || data.length !== dataBytesOf(i)) return -1
  for (let at = dataBytesMin; at < data.length; at++) if (data[at] !== 0) return -1
  return i
}

export class KnownRecords {
  #records
  #keys
  #half
  #mask

  /** @param {number} records how many there are @param {number} keys how many key tags; at most 2^31 */
  constructor(records, keys) {
    this.#records = records
    this.#keys = keys
    // A permutation of a power of four that is at least `keys`; numbers beyond are permuted once more.
    this.#half = Math.max(1, Math.ceil(Math.log2(keys) / 2))
    this.#mask = 2 ** this.#half - 1
  }

  get records() {
    return this.#records
  }

  get keys() {
    return this.#keys
  }

  /** The key of record `i`. @param {number} i */
  keyOf(i) {
    const round = Math.floor(i / this.#keys)
    let at = i - round * this.#keys
    do {
      at = this.#permute(at, round)
    } while (at >= this.#keys)
    return at
  }

  /** @param {number} i */
  tagsOf(i) {
    const key = keyTag(this.keyOf(i))
    return i % 2 === 0 ? [key, hotTag((i % hotStride) / 2)] : [key]
  }

  /**
   * The first record at or behind `from` that has the key, or -1.
   * @param {number} key
   * @param {number} from
   */
  next(key, from) {
    for (let round = Math.floor(from / this.#keys); round * this.#keys < this.#records; round++) {
      const i = this.#recordOf(key, round)
      if (i >= from) return i < this.#records ? i : -1
    }
    return -1
  }

  /** The last record at or before `to` that has the key, or -1. @param {number} key @param {number} to */
  previous(key, to) {
    for (let round = Math.floor(to / this.#keys); round >= 0; round--) {
      const i = this.#recordOf(key, round)
      if (i <= to && i < this.#records) return i
    }
    return -1
  }

  #recordOf(key, round) {
    let at = key
    do {
      at = this.#permuteBack(at, round)
    } while (at >= this.#keys)
    return round * this.#keys + at
  }

  // A Feistel network of four steps: a permutation whatever the mixing does.
  #permute(value, round) {
    let left = value >>> this.#half
    let right = value & this.#mask
    for (let step = 0; step < 4; step++) [left, right] = [right, left ^ this.#mix(right, step, round)]
    return left * (this.#mask + 1) + right
  }

  #permuteBack(value, round) {
    let left = value >>> this.#half
    let right = value & this.#mask
    for (let step = 3; step >= 0; step--) [left, right] = [right ^ this.#mix(left, step, round), left]
    return left * (this.#mask + 1) + right
  }

  #mix(value, step, round) {
    let hash = Math.imul(value ^ ((round * 4 + step) * 0x9e3779b1), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
    return (hash ^ (hash >>> 13)) & this.#mask
  }
}

/** @param {number} key */
export const keyTag = (key) => `k:${key}`
