// Runs in threads of a piscina pool: verifies one segment after another.

import type { NativeFailure } from '../../embedded/addon.js'
import { loadNative } from '../../embedded/native.js'

export interface SegmentTask {
  readonly directory: string
  readonly task: Uint8Array
}

/** The report of native code, or why the file cannot be read. Both are for the thread that asked. */
export function verifySegment({ directory, task }: SegmentTask): Uint8Array | NativeFailure {
  return loadNative().verifyTask(directory, task)
}
