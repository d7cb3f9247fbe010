// What options of many kinds have in common. No code here.

/**
 * What an acknowledged append survives. `'disk'`: flushed to stable storage. `'os'`: handed to the
 * operating system, so that it survives the end of the process, but not of the machine.
 */
export type Durability = 'disk' | 'os'

/** Cancellation. An aborted call rejects with `signal.reason`. */
export interface Cancellation {
  /** Ends the waiting, not what is under way: an append that it aborts may appear. */
  readonly signal?: AbortSignal | undefined
}
