// Aux data of an in-memory log: a cache like that of the engine (native/log/aux_cache.h), which it models.

import type { MemoryBook } from './memory-book.js'

/** What one entry counts beside its bytes. */
const entryBytes = 192

interface Entry {
  readonly book: MemoryBook
  readonly bytes: Uint8Array
}

/** Bounded in bytes; what was not used for longest goes first. */
export class MemoryAux {
  /** By seqnum, which belongs to one book; the most recently used last. */
  readonly #entries = new Map<number, Entry>()
  #bytes = 0
  #hits = 0
  #misses = 0
  #evictions = 0
  #used = false

  get metrics() {
    return {
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      records: this.#entries.size,
      bytes: this.#bytes,
    }
  }

  /** `bytes` are the cache's from now on. If they are too many for `bytesMax`, nothing is there then. */
  set(book: MemoryBook, seqnum: number, bytes: Uint8Array, bytesMax: number): void {
    // Of another book: the number is no record of this one.
    if (!holds(book, seqnum)) return
    this.#used = true
    this.#remove(seqnum)
    const charge = bytes.length + entryBytes
    if (charge > bytesMax) {
      this.#evictions++
      return
    }
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes + charge <= bytesMax) break
      this.#remove(oldest)
      this.#evictions++
    }
    this.#entries.set(seqnum, { book, bytes })
    this.#bytes += charge
  }

  get(book: MemoryBook, seqnum: number): Uint8Array | undefined {
    if (!this.#used) return undefined
    const entry = this.#entries.get(seqnum)
    if (entry === undefined || entry.book !== book) {
      this.#misses++
      return undefined
    }
    this.#hits++
    this.#entries.delete(seqnum)
    this.#entries.set(seqnum, entry)
    return entry.bytes
  }

  /** What is beside the book's records below `before` goes. */
  forget(book: MemoryBook, before: number): void {
    for (const [seqnum, entry] of this.#entries) {
      if (entry.book === book && seqnum < before) this.#remove(seqnum)
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  #remove(seqnum: number): void {
    const entry = this.#entries.get(seqnum)
    if (entry === undefined) return
    this.#entries.delete(seqnum)
    this.#bytes -= entry.bytes.length + entryBytes
  }
}

function holds(book: MemoryBook, seqnum: number): boolean {
  const stream = book.stream(null)
  let low = 0
  let high = stream.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((stream[middle]?.seqnum ?? 0) < seqnum) low = middle + 1
    else high = middle
  }
  return stream[low]?.seqnum === seqnum
}
