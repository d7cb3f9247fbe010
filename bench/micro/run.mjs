// The micro-benchmarks: what the pieces of a call cost on the JavaScript side, without disk and threads.
//
//   npm run bench -- --micro

import benchmark from 'benchmark'
import { median } from '../support/statistics.mjs'
import { readRecords } from './read-records.mjs'
import { submission } from './submission.mjs'

/**
 * @typedef {object} Micro
 * @property {string} name
 * @property {() => number} run does the thing once; what it gives is consumed
 * @property {number} [perRun] how many there are in one run, default 1
 */

/** Where all results end, so that nothing is optimised away. */
let sink = 0

for (const { title, cases } of [submission, readRecords]) {
  console.log(`\n${title}`)
  for (const each of cases()) console.log(measure(each))
}
if (!Number.isFinite(sink)) throw new Error('a micro-benchmark gave no number')

/** @param {Micro} micro */
function measure({ name, run, perRun = 1 }) {
  const bench = new benchmark.Benchmark(name, () => {
    sink += run()
  })
  bench.options.maxTime = 1
  bench.run()
  if (bench.error) throw bench.error
  const nanoseconds = (median(bench.stats.sample) * 1e9) / perRun
  return `  ${name.padEnd(60)} ${nanoseconds.toFixed(1).padStart(8)} ns  ± ${bench.stats.rme.toFixed(1)} %`
}
