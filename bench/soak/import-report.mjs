// What the process that imports holds in memory, while it is fed.

import { memoryOf } from './process-figures.mjs'
import { mib, millions, seconds, Table } from './text.mjs'

const rows = 20

/** Of another process, looked at all the time. @param {number} pid */
export function watchMemory(pid) {
  const watch = {
    now: 0,
    peak: 0,
    look() {
      watch.now = memoryOf(pid) ?? watch.now
      watch.peak = Math.max(watch.peak, watch.now)
    },
    stop: () => clearInterval(timer),
  }
  const timer = setInterval(watch.look, 20)
  return watch
}

export class ImportReport {
  #lines
  #watch
  #table = new Table(['lines M', 'seconds', 'k/s', 'MiB', 'most'], 8)
  #start = performance.now()
  #last = { lines: 0, time: this.#start }

  constructor(lines, watch) {
    this.#lines = lines
    this.#watch = watch
  }

  show(lines) {
    if (lines - this.#last.lines < this.#lines / rows && lines < this.#lines) return
    this.#watch.look()
    const time = performance.now()
    const rate = (lines - this.#last.lines) / (time - this.#last.time)
    const { now, peak } = this.#watch
    this.#table.row([millions(lines), seconds(this.#start), rate.toFixed(0), mib(now), mib(peak)])
    this.#last = { lines, time }
  }
}
