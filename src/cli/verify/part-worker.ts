// Runs in threads of a piscina pool: verifies one file of a log after another.

import type { NativeFailure } from '../../embedded/addon.js'
import { loadNative } from '../../embedded/native.js'

export interface PartTask {
  readonly directory: string
  readonly task: Uint8Array
}

/** The report of native code, or why the file cannot be read. Both are for the thread that asked. */
export function verifyPart({ directory, task }: PartTask): Uint8Array | NativeFailure {
  return loadNative().verifyPart(directory, task)
}
