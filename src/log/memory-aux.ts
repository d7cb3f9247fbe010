// Aux data of an in-memory log: a cache like that of the engine (native/log/aux_cache.h), which it models.

import type { MemoryBook } from './memory-book.js'

/** What one entry counts beside its bytes. */
const entryBytes = 192

interface Entry {
  readonly book: MemoryBook
  readonly seqnum: number
  readonly bytes: Uint8Array
}

/** Bounded in bytes; what was not used for longest goes first. */
export class MemoryAux {
  /** The most recently used last. */
  readonly #entries = new Map<string, Entry>()
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
    this.#used = true
    const key = keyOf(book, seqnum)
    this.#remove(key)
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
    this.#entries.set(key, { book, seqnum, bytes })
    this.#bytes += charge
  }

  get(book: MemoryBook, seqnum: number): Uint8Array | undefined {
    if (!this.#used) return undefined
    const key = keyOf(book, seqnum)
    const entry = this.#entries.get(key)
    if (entry === undefined) {
      this.#misses++
      return undefined
    }
    this.#hits++
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.bytes
  }

  /** What is beside the book's records below `before` goes. */
  forget(book: MemoryBook, before: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.book === book && entry.seqnum < before) this.#remove(key)
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes.length + entryBytes
  }
}

function keyOf(book: MemoryBook, seqnum: number): string {
  return `${seqnum} ${book.name}`
}
