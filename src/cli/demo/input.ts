// What the demo imports: a row of real things, each of which becomes one record.

/** One thing to import. */
export interface Item {
  /** The tag that no other item has: one that is in the log already is not imported again. */
  readonly id: string
  /** All tags, `id` among them. */
  readonly tags: readonly string[]
  /** What is stored, as JSON. */
  readonly value: unknown
  /** Names that a tag had to shorten, and names that have no tag, because of the limits of a record. */
  readonly shortened: number
  readonly leftOut: number
}

/** A stored value in a line of a timeline. */
export interface Row {
  /** YYYY-MM-DD. */
  readonly date: string
  readonly by: string
  readonly text: string
}

/** A question that the demo puts to the log: the records under the tag that most items carry. */
export interface View {
  readonly heading: string
  /** What the tags in question begin with. */
  readonly prefix: string
}

export interface Input {
  /** What it is and where it comes from. */
  readonly description: string
  /** Things that the reader ought to know about it. */
  readonly notes: readonly string[]
  readonly noun: readonly [one: string, many: string]
  /** The log book that it goes to. */
  readonly book: string
  /** How many items there are; an estimate is enough. */
  readonly total: number
  readonly views: readonly View[]
  /** Oldest first. Ends early with an InputError if the source fails; with the reason of the signal. */
  items(signal: AbortSignal): AsyncIterable<Item>
  row(value: unknown): Row
}

/** The source failed, in words for the user. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

/** What the tag of a month begins with, in every input. */
export const monthPrefix = 'month:'

/** `YYYY-MM` of a date in ISO 8601; `unknown` for what is none. */
export function monthOf(date: string): string {
  return /^\d{4}-\d{2}/.exec(date)?.[0] ?? 'unknown'
}
