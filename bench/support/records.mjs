// The records of the benchmark, as a function of their number: every process and every target makes the same
// ones, and what was read back can be compared with what was written.

/** Values of the first tag of a record, and of the second. */
export const streamCount = 10
export const keyCount = 100_000

/** A stride through the keys, without a factor in common with their number: neighbours are far apart. */
const keyStride = 7919

const blockBytes = 512 * 1024
/** Odd, so that half a million records pass before the same data come again; neighbours do not overlap. */
const dataStride = 1021
const dataBytesMax = 64 * 1024
const block = randomBytes(blockBytes + dataBytesMax, 0x9e3779b9)

/** `streamCount` of them, in turn. Made anew at every call, as a service makes its tags. @param {number} i */
export const streamTag = (i) => `s${i % streamCount}`

/** @param {number} i */
export const keyTag = (i) => `k${((i % keyCount) * keyStride) % keyCount}`

/** The two tags of record `i`. @param {number} i */
export const tagsOf = (i) => [streamTag(i), keyTag(i)]

/** The data of record `i`: random bytes, which do not compress. @param {number} i @param {number} bytes */
export function dataOf(i, bytes) {
  const start = (i * dataStride) % blockBytes
  return block.subarray(start, start + bytes)
}

/** How many of the first `total` records carry the stream tag of record `i` (`i` < streamCount). */
export const recordsInStream = (i, total) => Math.max(0, Math.ceil((total - i) / streamCount))

/** How many of the first `total` records carry the key tag of record `i` (`i` < keyCount). */
export const recordsUnderKey = (i, total) => Math.max(0, Math.ceil((total - i) / keyCount))

/** Bytes of xorshift32: the same for the same seed. */
function randomBytes(length, seed) {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return Buffer.from(words.buffer, 0, length)
}

/** Cheap pseudo-random integers, the same in every run. */
export class Dice {
  #state

  constructor(seed = 0x2545f491) {
    this.#state = seed
  }

  /** An integer from 0 to `bound` - 1. @param {number} bound */
  below(bound) {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return (state >>> 0) % bound
  }
}
