// Appends records in groups, several of them in flight, and knows up to which line all is durable.

import { type AppendManyItem, type Book, type Durability, isDaybookError, type Log } from '../../index.js'

/** Groups that may wait for the disk at one time. */
const groupsMax = 16
const groupBytesMax = 1024 * 1024

export interface WindowOptions {
  /** Records of a group. */
  readonly groupSize: number
  readonly durability: Durability
}

/** Both inclusive. */
export interface LineRange {
  readonly first: number
  readonly last: number
}

export class GroupWindow {
  readonly #log: Log
  readonly #book: Book
  readonly #options: WindowOptions
  #items: AppendManyItem<Uint8Array>[] = []
  #bytes = 0
  #firstLine = 0
  #lastLine = 0
  #inFlight = 0
  #wake: () => void = () => {}

  /** Acknowledged. */
  records = 0
  /** All lines up to this one are in the log, or stand for nothing. */
  durableLine = 0
  firstSeqnum = -1
  lastSeqnum = -1
  /** Why the first group failed that did. Nothing is appended from then on. */
  failure: { readonly error: unknown } | undefined
  /** Lines that may be in the log although their appending failed. */
  unknown: LineRange | undefined
  /** Lines that are in the log although an earlier group failed. */
  readonly strays: LineRange[] = []
  /** The last line that needs no record and has come behind all groups. */
  #passed = 0

  constructor(log: Log, book: Book, options: WindowOptions) {
    this.#log = log
    this.#book = book
    this.#options = options
  }

  /** True: a group is full, and `flush` is due. The data must stay as it is until then. */
  add(item: AppendManyItem<Uint8Array>, line: number): boolean {
    if (this.#items.length === 0) this.#firstLine = line
    this.#items.push(item)
    this.#bytes += item.data.length
    this.#lastLine = line
    return this.#items.length >= this.#options.groupSize || this.#bytes >= groupBytesMax
  }

  /** A line that needs no record. */
  pass(line: number): void {
    if (this.#items.length > 0) this.#lastLine = line
    else if (this.#inFlight === 0 && this.failure === undefined) this.durableLine = line
    else this.#passed = line
  }

  /** Hands the group over, and waits until there is room for the next one. */
  async flush(): Promise<void> {
    if (this.#items.length > 0 && this.failure === undefined) this.#append()
    this.#items = []
    this.#bytes = 0
    await this.#until(() => this.#inFlight < groupsMax)
    if (this.failure === undefined) await this.#log.ready()
  }

  /** Resolves when nothing is in flight. Never rejects. */
  async settle(): Promise<void> {
    await this.#until(() => this.#inFlight === 0)
    if (this.failure === undefined) this.durableLine = Math.max(this.durableLine, this.#passed)
  }

  #append(): void {
    const lines = { first: this.#firstLine, last: this.#lastLine }
    this.#inFlight += 1
    this.#book
      .appendMany(this.#items, { durability: this.#options.durability })
      .then(
        (seqnums) => this.#acknowledge(lines, seqnums),
        (error: unknown) => {
          if (isDaybookError(error) && error.outcome === 'unknown')
            this.unknown = { first: this.unknown?.first ?? lines.first, last: lines.last }
          this.failure ??= { error }
        },
      )
      .finally(() => {
        this.#inFlight -= 1
        this.#wake()
      })
  }

  #acknowledge(lines: LineRange, seqnums: readonly number[]): void {
    this.records += seqnums.length
    if (this.firstSeqnum < 0) this.firstSeqnum = seqnums[0] ?? -1
    this.lastSeqnum = seqnums.at(-1) ?? -1
    // Groups are acknowledged in the order in which they were appended.
    if (this.failure === undefined) this.durableLine = lines.last
    else this.strays.push(lines)
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
