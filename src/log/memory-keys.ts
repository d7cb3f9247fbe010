// The idempotency keys that an in-memory log remembers: the same window as that of a log on disk, done in the
// plainest way.

import type { BookId } from './backend.js'
import { fixedLimits } from './options.js'

/** The group that had a key first. */
export interface RememberedKey {
  readonly seqnum: number
  readonly timestamp: number
  readonly records: number
}

const keysMax = fixedLimits.keysRemembered.value
const ageMax = fixedLimits.keysAgeMax.value

export class MemoryKeys {
  /** By number of the book and key, oldest first. */
  readonly #keys = new Map<string, RememberedKey>()

  find(book: BookId, key: string, now: number): RememberedKey | undefined {
    const found = this.#keys.get(`${book} ${key}`)
    return found !== undefined && now - found.timestamp <= ageMax ? found : undefined
  }

  remember(book: BookId, key: string, first: RememberedKey): void {
    const name = `${book} ${key}`
    this.#keys.delete(name)
    this.#keys.set(name, first)
    const [oldest] = this.#keys.keys()
    if (this.#keys.size > keysMax && oldest !== undefined) this.#keys.delete(oldest)
  }

  forgetBook(book: BookId): void {
    for (const name of this.#keys.keys()) if (name.startsWith(`${book} `)) this.#keys.delete(name)
  }
}
