// What every target of the benchmark can do: the one interface between workloads and stores. A target is a
// file in this folder that exports `target`; index.mjs lists them.

export interface Target {
  readonly name: string
  /** What runs and how it is set, in a line: it stands below the table. */
  readonly describe: string
  /** Opens the store in `directory`, which exists, and makes it if there is none. */
  open(directory: string): Promise<Store>
}

/**
 * Records in a total order, found by tag. Whatever resolves an append has flushed the record before: an
 * acknowledged record survives the end of the machine.
 */
export interface Store {
  /** Appends one record. Callers do not wait for each other; the order is that of the calls. */
  append(data: Buffer, tags: string[]): Promise<unknown>
  /** Appends all items: one call, one promise. */
  appendMany(items: Item[]): Promise<unknown>
  /** The first record under `tag` whose place in the order is `from` or later, found on this thread. */
  readNextSync(tag: string, from: number): Found | null
  /** The same as the store offers it to code that must not wait. */
  readNext(tag: string, from: number): Promise<Found | null>
  /** Calls `visit` with all records under `tag` in order: the store's fastest way to do that. */
  scan(tag: string, visit: (record: Found) => void): Promise<void>
  close(): Promise<void>
}

export interface Item {
  readonly data: Buffer
  readonly tags: string[]
}

/** A record as it was read. The bytes are the caller's to keep: no later call changes them. */
export interface Found {
  /** Place in the order. In a new store the i-th record, from 0 on, has place i. */
  readonly seqnum: number
  readonly data: Uint8Array
}
