// Histograms as programs see them, and one that counts in JavaScript; the native one is
// native/base/histogram.h, and has the same buckets.

import type { Histogram } from './metrics-types.js'

const subBuckets = 8

/**
 * `pairs`: the highest value and the count of each bucket, ascending. `perUnit`: how many of what was counted
 * make one of what is told.
 */
export function histogramOf(sum: number, max: number, pairs: ArrayLike<number>, perUnit = 1): Histogram {
  const buckets: { upTo: number; count: number }[] = []
  let count = 0
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const inBucket = pairs[i + 1] as number
    count += inBucket
    buckets.push({ upTo: (pairs[i] as number) / perUnit, count: inBucket })
  }
  const highest = max / perUnit
  const quantile = (share: number) => {
    let below = 0
    for (const bucket of buckets) {
      below += bucket.count
      if (below >= share * count) return Math.min(bucket.upTo, highest)
    }
    return 0
  }
  return {
    count,
    sum: sum / perUnit,
    max: highest,
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    p999: quantile(0.999),
    buckets,
  }
}

/** Counts safe integers from 0 on. */
export class HistogramCounter {
  readonly #counts = new Map<number, number>()
  #sum = 0
  #max = 0

  record(value: number): void {
    const highest = highestLike(value)
    this.#counts.set(highest, (this.#counts.get(highest) ?? 0) + 1)
    this.#sum += value
    this.#max = Math.max(this.#max, value)
  }

  read(perUnit?: number): Histogram {
    const pairs = [...this.#counts].sort(([one], [other]) => one - other).flat()
    return histogramOf(this.#sum, this.#max, pairs, perUnit)
  }
}

/** The highest value that is counted in the same bucket. */
function highestLike(value: number): number {
  if (value < subBuckets) return value
  const width = 2 ** Math.floor(Math.log2(value)) / subBuckets
  // Where the logarithm was rounded to the next power of two, or from it, the width says so.
  const exact = value / width >= 2 * subBuckets ? width * 2 : value / width < subBuckets ? width / 2 : width
  return (Math.floor(value / exact) + 1) * exact - 1
}
