// Verifies a log that nobody has open: the manifest, then the files that it names, in parallel.

import { setMaxListeners } from 'node:events'
import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import type { NativeFailure } from '../../embedded/addon.js'
import { loadNative } from '../../embedded/native.js'
import { errorFromNative } from '../../embedded/native-error.js'
import type { Progress } from '../progress.js'
import type { PartTask } from './part-worker.js'

export interface Damage {
  /** Its name in the directory. */
  readonly file: string
  readonly offset: number
  /** Records that are lost, or whose fate nobody knows, both ends inclusive; null: no record is. */
  readonly seqnums: { readonly first: number; readonly last: number | null } | null
  /** What the file holds is made again from others by the next opening. */
  readonly mendable: boolean
  readonly what: string
}

export interface Verdict {
  readonly directory: string
  readonly sound: boolean
  /** False: the log was not closed before its process ended. */
  readonly closedProperly: boolean
  readonly segments: number
  /** Files of the index. */
  readonly runs: number
  readonly checkpoints: number
  readonly bytes: number
  readonly batches: number
  readonly frames: number
  readonly records: number
  readonly commands: number
  /** Records for which the index and the segments were compared. */
  readonly indexed: number
  /** Up to this batch all are good and follow each other. */
  readonly lastBatch: number
  readonly nextSeqnum: number
  readonly damage: readonly Damage[]
  /** What is no damage, and yet worth a word. */
  readonly notes: readonly string[]
}

/**
 * Reads every byte that the log says it holds, and writes nothing.
 * @throws ERR_DAYBOOK_LOCKED, ERR_DAYBOOK_FORMAT, ERR_DAYBOOK_IO, ERR_DAYBOOK_CORRUPT if neither copy of the
 * manifest can be read; the signal's reason
 */
export async function verifyLog(
  directory: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Verdict> {
  const addon = loadNative()
  const begun = addon.verifyBegin(directory)
  if (begun.length !== 2) throw errorFromNative(begun)
  const [verification, tasks] = begun
  const reports = await verifyParts(directory, tasks, progress, signal)
  const [totals, damage, notes] = addon.verifyEnd(verification, reports)
  const [segments = 0, runs = 0, checkpoints = 0, bytes = 0, batches = 0, frames = 0] = totals
  const [records = 0, commands = 0, indexed = 0, lastBatch = 0, nextSeqnum = 0, closed = 0] = totals.slice(6)
  return {
    directory,
    sound: damage.length === 0,
    closedProperly: closed === 1,
    ...{
      segments,
      runs,
      checkpoints,
      bytes,
      batches,
      frames,
      records,
      commands,
      indexed,
      lastBatch,
      nextSeqnum,
    },
    damage: damage.map(([file, offset, first, end, mendable, what]) => ({
      file,
      offset,
      seqnums: first === end ? null : { first, last: end === Number.POSITIVE_INFINITY ? null : end - 1 },
      mendable,
      what,
    })),
    notes,
  }
}

async function verifyParts(
  directory: string,
  tasks: readonly Uint8Array[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Uint8Array[]> {
  const filename = new URL('./part-worker.js', import.meta.url).href
  const threads = Math.max(1, Math.min(availableParallelism(), tasks.length))
  const pool = new Piscina({ filename, name: 'verifyPart', minThreads: 1, maxThreads: threads })
  // Each task that waits listens to it.
  setMaxListeners(0, signal)
  let done = 0
  progress.begin('verifying files', tasks.length)
  try {
    return await Promise.all(
      tasks.map(async (task) => {
        const given: PartTask = { directory, task }
        const report: Uint8Array | NativeFailure = await pool.run(given, { signal })
        if (!(report instanceof Uint8Array)) throw errorFromNative(report)
        progress.update(++done)
        return report
      }),
    )
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    progress.end()
    await pool.destroy()
  }
}
