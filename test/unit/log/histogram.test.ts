// Histograms in JavaScript have the buckets of the native ones.

import t from 'tap'
import { HistogramCounter, histogramOf } from '../../../src/log/histogram.js'

t.test('a bound is at most an eighth above the value, and small values are exact', async (t) => {
  const values = [0, 1, 7, 8, 15, 16, 17, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 2 ** 52, 2 ** 53 - 1]
  for (let bit = 3; bit < 53; bit++) values.push(2 ** bit - 1, 2 ** bit, 2 ** bit + 1)
  for (const value of values) {
    const counter = new HistogramCounter()
    counter.record(value)
    const { buckets, max, p50, p999, sum, count } = counter.read()
    const [{ upTo = -1 } = {}] = buckets
    t.ok(upTo >= value && upTo - value <= value / 8, `${value}: ${upTo}`)
    if (value < 16) t.equal(upTo, value)
    t.same([max, p50, p999, sum, count], [value, value, value, value, 1])
  }
})

t.test('quantiles are near those of the values', async (t) => {
  const counter = new HistogramCounter()
  // Spread over many powers of two, in an order that looks like chance.
  const values = Array.from({ length: 5000 }, (_, i) => Math.floor(2 ** (((i * 1237) % 5000) / 170)))
  for (const value of values) counter.record(value)
  values.sort((a, b) => a - b)
  const found = counter.read()
  for (const [share, quantile] of [
    [0.5, found.p50],
    [0.9, found.p90],
    [0.99, found.p99],
    [0.999, found.p999],
  ] as const) {
    const exact = values[Math.ceil(share * values.length) - 1] as number
    t.ok(quantile >= exact && quantile <= exact * 1.125 + 1, `${share}: ${quantile} for ${exact}`)
  }
  t.equal(found.max, values.at(-1))
  t.equal(found.count, 5000)
})

t.test('units are those that were asked for', async (t) => {
  const { sum, max, p50, buckets } = histogramOf(3000, 2000, [1023, 1, 2047, 1], 1000)
  t.same([sum, max, p50], [3, 2, 1.023])
  t.same(buckets, [
    { upTo: 1.023, count: 1 },
    { upTo: 2.047, count: 1 },
  ])
})
