// Appends the items of an input to a book: many at once, and no more of them in memory than the log takes.

import { type Input, InputError, type Item, monthPrefix } from './input.js'
import type { EmbeddedBook, EmbeddedLog } from './open-log.js'
import { TagTally } from './tag-tally.js'

/** Appends that may wait for the disk at one time. */
const pendingMax = 1024

export interface ImportResult {
  /** Records that this run appended. */
  readonly appended: number
  /** Items that an earlier run had appended. */
  readonly known: number
  readonly tags: number
  /** Items that have names without a tag, and how many names those are. */
  readonly crowded: number
  readonly leftOut: number
  /** Names that a digest stands for in part. */
  readonly shortened: number
  readonly milliseconds: number
  /** For each view of the input, by prefix, and for the months: how many items each tag had. */
  readonly tallies: ReadonlyMap<string, TagTally>
  /** Why the input ended before its end. */
  readonly problem: string | undefined
}

export async function importItems(
  log: EmbeddedLog,
  book: EmbeddedBook<unknown>,
  input: Input,
  onProgress: (items: number) => void,
  signal: AbortSignal,
): Promise<ImportResult> {
  const began = performance.now()
  const isRepeated = book.tailSync() !== -1
  const window = new AppendWindow(log, book)
  const totals = { appended: 0, known: 0, tags: 0, crowded: 0, leftOut: 0, shortened: 0 }
  const tallies = new Map([monthPrefix, ...input.views.map(({ prefix }) => prefix)].map(withTally))
  let problem: string | undefined
  try {
    for await (const item of input.items(signal)) {
      tally(tallies, item)
      if (isRepeated && book.tailSync({ tag: item.id }) !== -1) {
        totals.known += 1
      } else {
        await window.append(item)
        addTo(totals, item)
      }
      onProgress(totals.known + totals.appended)
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    problem = error.message
  } finally {
    await window.settle()
  }
  window.check()
  return { ...totals, tallies, problem, milliseconds: performance.now() - began }
}

function withTally(prefix: string): [string, TagTally] {
  return [prefix, new TagTally()]
}

function tally(tallies: ReadonlyMap<string, TagTally>, item: Item): void {
  for (const tag of item.tags) tallies.get(tag.slice(0, tag.indexOf(':') + 1))?.add(tag)
}

interface Totals {
  appended: number
  tags: number
  crowded: number
  leftOut: number
  shortened: number
}

function addTo(totals: Totals, item: Item): void {
  totals.appended += 1
  totals.tags += item.tags.length
  totals.shortened += item.shortened
  totals.leftOut += item.leftOut
  if (item.leftOut > 0) totals.crowded += 1
}

/** A bounded number of appends in flight; the first one that fails is the failure of all. */
class AppendWindow {
  readonly #log: EmbeddedLog
  readonly #book: EmbeddedBook<unknown>
  #pending = 0
  #failure: { readonly error: unknown } | undefined
  /** Called when an append has ended. */
  #wake: () => void = () => {}

  constructor(log: EmbeddedLog, book: EmbeddedBook<unknown>) {
    this.#log = log
    this.#book = book
  }

  async append({ value, tags }: Item): Promise<void> {
    await this.#until(() => this.#pending < pendingMax)
    // Room in bytes: a few huge commits may be more than the log takes at once.
    await this.#log.ready()
    this.check()
    this.#pending += 1
    this.#book
      .append(value, { tags })
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#pending -= 1
        this.#wake()
      })
  }

  /** Resolves when no append is in flight. Never rejects. */
  async settle(): Promise<void> {
    await this.#until(() => this.#pending === 0)
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Throws what made an append fail. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
