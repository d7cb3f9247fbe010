// What every frame is bound to: the log, the view and the physical log that it belongs to.

import { checkBytes, checkCount, checkKeys, checkObject, u32Max } from './checks.js'

export const logIdBytes = 16

/** What the checksums of a frame are bound to: in another log, view or physical log it is damaged. */
export interface FrameScope {
  /** The id of the log: 16 bytes, drawn at random once. */
  readonly log: Uint8Array
  /** Number of the configuration, 0 to 2^32 - 1. Default: 1. */
  readonly view?: number
  /** One of several logs of a cluster, 0 to 2^32 - 1. Default: 0. */
  readonly physicalLog?: number
}

export function checkLogId(log: unknown): Uint8Array {
  return checkBytes('the id of the log', log, logIdBytes)
}

/** The scope in an object that may have other properties, which `others` names. */
export function checkScope(value: unknown, others: readonly string[] = []): Required<FrameScope> {
  const given = checkObject('the scope of a frame', value)
  checkKeys('the scope of a frame', given, ['log', 'view', 'physicalLog', ...others])
  const { log, view = 1, physicalLog = 0 } = given
  return {
    log: checkLogId(log),
    view: checkCount('view', view, u32Max),
    physicalLog: checkCount('physicalLog', physicalLog, u32Max),
  }
}
