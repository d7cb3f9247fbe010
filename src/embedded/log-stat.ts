// What a log in a directory tells of itself: what native code knows, and the sizes of its files.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogStat, SegmentStat } from '../log/types.js'
import { type NativeStat, segmentWidth } from './addon.js'

/** By name. A file that goes meanwhile is left out. */
export async function fileSizes(directory: string): Promise<Map<string, number>> {
  const names = await readdir(directory).catch(() => [])
  const sizes = await Promise.all(
    names.map(async (name) => {
      const stats = await stat(join(directory, name)).catch(() => undefined)
      return [name, stats?.size ?? 0] as const
    }),
  )
  return new Map(sizes)
}

export function statOf([totals, segments]: NativeStat, sizes: ReadonlyMap<string, number>): LogStat {
  const [nextSeqnum = 0, durableSeqnum = 0, books = 0, records = 0, reserveBytes = 0] = totals
  const [reclaimableBytes = 0, runs = 0, runBytes = 0, checkpoints = 0, checkpointBytes = 0] = totals.slice(5)
  const [index = 0, cache = 0] = totals.slice(10)
  return {
    books,
    records,
    nextSeqnum,
    durableSeqnum,
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    reclaimableBytes,
    reserveBytes,
    segments: Array.from({ length: segments.length / segmentWidth }, (_, i) =>
      segmentOf(segments.subarray(i * segmentWidth, (i + 1) * segmentWidth), sizes),
    ),
    index: { runs, bytes: runBytes },
    checkpoints: { count: checkpoints, bytes: checkpointBytes },
    memory: { index, cache },
  }
}

const kinds: Readonly<Record<number, SegmentStat['kind']>> = { 1: 'log', 2: 'rewritten' }
const states: Readonly<Record<number, SegmentStat['state']>> = { 1: 'open', 2: 'closed', 3: 'reserve' }

function segmentOf(
  [id = 0, kind = 0, state = 0, lane = 0, records = 0, dead = 0]: Float64Array,
  sizes: ReadonlyMap<string, number>,
): SegmentStat {
  return {
    id,
    kind: kinds[kind] ?? 'log',
    state: states[state] ?? 'open',
    lane,
    bytes: sizes.get(`segment-${id.toString(16).padStart(16, '0')}`) ?? 0,
    records,
    live: records === 0 ? 1 : 1 - dead / records,
  }
}
