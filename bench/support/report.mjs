// The result as a table for a terminal.

import { spread } from './statistics.mjs'

const million = 1e6
const minimumRounds = 3

/** @param {object} result as run.mjs makes it */
export function report(result) {
  const { machine, targets } = result
  const lines = [
    `${machine.system}, Node ${machine.node}, ${machine.processors} × ${machine.processor}`,
    ...rawLines(result.raw),
    '',
    ...table([
      ['', '', ...targets, ...targets.slice(1).map((rival) => `× ${rival}`)],
      ...result.workloads.flatMap((workload) => workloadRows(workload, targets)),
    ]),
    '',
    'Median [lowest–highest] of the rounds. × is how many times better daybook is than a rival, round by',
    'round: above 1 it is faster, whether it says more per second or fewer microseconds.',
    ...Object.entries(result.descriptions).map(([name, text]) => `${name}: ${text}`),
    ...cautions(result),
  ]
  return lines.join('\n')
}

function rawLines(rounds) {
  const of = (pick, format) => cell(spread(rounds.map(pick)), format)
  const perSecond = (bytes) => `${Math.round(bytes / million)}`
  return [
    `raw disk: 128 B and a flush into a written file: ${of((r) => r.flush128.p50, number)} µs p50, ` +
      `${of((r) => r.flush128.p99, number)} µs p99`,
    `          1 MB and a flush, one after the other: ${of((r) => r.write1M.bytesPerSecond, perSecond)} MB/s`,
    `memory:   copy of 64 MiB: ${of((r) => r.copyBytesPerSecond, perSecond)} MB/s`,
  ]
}

function workloadRows({ title, summary }, targets) {
  return summary.map(({ label, targets: spreads, ratios }, index) => [
    index === 0 ? title : '',
    label,
    ...targets.map((name) => cell(spreads[name], number)),
    ...targets.slice(1).map((name) => cell(ratios[name], (ratio) => ratio.toFixed(2))),
  ])
}

function cautions({ workloads, machine, busy, rounds, quick }) {
  const lines = workloads.flatMap(({ name, rounds: all }) => {
    const bad = all.filter((round) => round.void).length
    if (bad === 0) return []
    const consequence = bad < all.length ? 'not counted' : 'all there are: void'
    return [`${name}: flushes took three times as long in ${bad} of ${all.length} rounds (${consequence}).`]
  })
  if (busy) {
    const load = machine.loadBefore.toFixed(1)
    lines.push(
      `The machine was busy before the run began (load ${load}): compare the ratios, not the figures.`,
    )
  }
  if (quick || rounds < minimumRounds)
    lines.push('Too short a run to judge by: it shows that everything works.')
  return lines.length === 0 ? [] : ['', ...lines]
}

function cell(values, format) {
  const middle = format(values.median)
  return values.rounds === 1 ? middle : `${middle} [${format(values.min)}–${format(values.max)}]`
}

/** Three digits that count. @param {number} value */
function number(value) {
  if (value >= million) return `${(value / million).toPrecision(3)}M`
  if (value >= 10_000) return `${Math.round(value / 1000)}k`
  if (value >= 1000) return `${(value / 1000).toPrecision(2)}k`
  return value >= 100 ? `${Math.round(value)}` : value.toPrecision(2)
}

/** Two columns to the left, the others to the right. @param {string[][]} rows the first is the head */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (row) =>
    row
      .map((text, column) => (column < 2 ? text.padEnd(widths[column]) : text.padStart(widths[column])))
      .join('  ')
  const [head, ...body] = rows.map((row) => line(row).trimEnd())
  return [head, '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...body]
}
