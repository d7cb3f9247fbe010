// Middle and tail of measured times.

/** The smallest value that at least `share` (0 to 1) of the values do not exceed; NaN of no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  if (sorted.length === 0) return Number.NaN
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}
