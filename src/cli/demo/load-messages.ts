// What the process that is going to be killed tells the one that kills it.

/** Appends that were acknowledged: numbers `first`, `first + 1` and so on, and the seqnum of each. */
export interface Acknowledgements {
  readonly first: number
  readonly seqnums: readonly number[]
}

/** The writer cannot go on, and why. */
export interface WriterFailure {
  readonly failure: string
}

export type WriterMessage = Acknowledgements | WriterFailure
