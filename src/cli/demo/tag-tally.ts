// Counts how often each tag comes, in bounded memory.

/** Tags that are counted at one time. */
const tagsMax = 50_000

export class TagTally {
  readonly #counts = new Map<string, number>()

  add(tag: string): void {
    this.#counts.set(tag, (this.#counts.get(tag) ?? 0) + 1)
    if (this.#counts.size > tagsMax) this.#forgetTheRare()
  }

  /** The tag that came most often, of several the first; undefined if there was none. */
  top(): string | undefined {
    let top: string | undefined
    let most = 0
    for (const [tag, times] of this.#counts) {
      if (times > most) [top, most] = [tag, times]
    }
    return top
  }

  /** All tags, sorted. */
  sorted(): string[] {
    return [...this.#counts.keys()].sort()
  }

  /** A tag that is common over the whole input is never rare for long: what is lost is at the bottom. */
  #forgetTheRare(): void {
    for (let level = 1; this.#counts.size > tagsMax / 2; level += 1) {
      for (const [tag, times] of this.#counts) {
        if (times <= level) this.#counts.delete(tag)
      }
    }
  }
}
