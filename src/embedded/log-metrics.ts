// What native code counts, as programs see it.

import { histogramOf } from '../log/histogram.js'
import type { HandleMetrics, LogMetrics } from '../log/metrics-types.js'
import type { NativeMetrics } from './addon.js'

/** Latencies are counted in nanoseconds, and told in milliseconds. */
const nanoseconds = 1e6

export function metricsOf(
  [numbers, histograms]: NativeMetrics,
  handle: (nextSeqnum: number) => HandleMetrics,
): LogMetrics {
  const [nextSeqnum = 0, durableSeqnum = 0, failed = 0, hot = 0, warm = 0, cold = 0] = numbers
  const [cacheHits = 0, cacheMisses = 0, cacheBytes = 0] = numbers.subarray(6)
  const [hits = 0, misses = 0, evictions = 0, records = 0, bytes = 0] = numbers.subarray(9)
  const [runs = 0, merges = 0, checkpoints = 0, reclaimed = 0] = numbers.subarray(14)
  const [batchRecords, batchBytes, commitLatency, flushLatency] = histograms
  return {
    nextSeqnum,
    durableSeqnum,
    unflushed: Math.max(0, nextSeqnum - durableSeqnum),
    handle: handle(nextSeqnum),
    commits: {
      records: readHistogram(batchRecords),
      bytes: readHistogram(batchBytes),
      latency: readHistogram(commitLatency, nanoseconds),
      failed,
    },
    flushes: { latency: readHistogram(flushLatency, nanoseconds) },
    reads: { hot, warm, cold },
    blockCache: { hits: cacheHits, misses: cacheMisses, bytes: cacheBytes },
    aux: { hits, misses, evictions, records, bytes },
    maintenance: { runs, merges, checkpoints, reclaimed },
  }
}

function readHistogram(numbers: Float64Array = new Float64Array(2), perUnit?: number) {
  const [sum = 0, max = 0] = numbers
  return histogramOf(sum, max, numbers.subarray(2), perUnit)
}
