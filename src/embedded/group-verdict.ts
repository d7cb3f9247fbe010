// What became of a group that is void, as native code tells it.

import { conflictError, type DaybookError } from '../log/errors.js'
import { type NativeVerdictOnGroup, verdictConflict } from './addon.js'

/** The error of a group whose conditions did not hold; undefined: it repeats a key. */
export function conflictIn([, kind, ...rest]: NativeVerdictOnGroup): DaybookError | undefined {
  if (kind !== verdictConflict) return undefined
  return conflictError(
    Array.from({ length: rest.length / 2 }, (_, i) => ({
      index: rest[2 * i] as number,
      actual: rest[2 * i + 1] as number,
    })),
  )
}

/** Of a group that repeats a key: seqnum and number of records of the one that had it first. */
export function firstOf(verdict: NativeVerdictOnGroup): [firstSeqnum: number, records: number] {
  return [verdict[2] as number, verdict[3] as number]
}
