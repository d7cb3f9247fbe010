// When a workload is measured: a warm-up, then a window between two looks at clock and counters. Work goes on
// before and behind the window, so that neither its start nor its end is in the figures.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Lets work that runs in the background go on for a warm-up and a window, and gives its rate in the window.
 * @param {{ warmUpMs: number, measureMs: number }} times
 * @param {() => number} done how much has been done
 * @param {() => void} [begin] called when the window begins
 */
export async function measureBackground({ warmUpMs, measureMs }, done, begin = () => {}) {
  await sleep(warmUpMs)
  begin()
  const before = look(done())
  await sleep(measureMs)
  return ratesBetween(before, look(done()))
}

/**
 * Repeats work for a warm-up and a window, and gives its rate in the window.
 * @param {{ warmUpMs: number, measureMs: number }} times
 * @param {() => Promise<number> | number} work does a piece worth about a millisecond; gives how much it did
 * @param {{ begin?: () => void, warmUpCount?: number }} [options] `begin` is called when the window begins;
 *   `warmUpCount` is the least to be done before, so that the code is optimised on a busy machine, too
 */
export async function measureLoop({ warmUpMs, measureMs }, work, { begin = () => {}, warmUpCount = 0 } = {}) {
  let warm = 0
  while (warm < warmUpCount) warm += await work()
  await repeatFor(warmUpMs, work)
  begin()
  const before = look(0)
  return ratesBetween(before, look(await repeatFor(measureMs, work)))
}

/** At least once. */
async function repeatFor(milliseconds, work) {
  const end = performance.now() + milliseconds
  let done = 0
  do done += await work()
  while (performance.now() < end)
  return done
}

function look(done) {
  return { done, time: performance.now(), cpu: process.cpuUsage(), written: bytesWritten() }
}

function ratesBetween(before, after) {
  const count = after.done - before.done
  const cpu = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system
  return {
    rate: (count * 1000) / (after.time - before.time),
    /** Microseconds of all threads of the process, the kernel's work for it included. */
    cpu: cpu / count,
    /** Undefined where the system does not count them. */
    written: after.written === undefined ? undefined : (after.written - before.written) / count,
  }
}

/** Bytes that this process has handed to the disk, or made the page cache hand on. */
function bytesWritten() {
  try {
    return Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
  } catch {
    return undefined
  }
}
