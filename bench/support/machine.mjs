// What the run ran on, as far as it matters for the figures. No names of hosts or users.

import { cpus, loadavg, release, totalmem, type } from 'node:os'

export function describeMachine() {
  const processors = cpus()
  return {
    system: `${type()} ${release()}`,
    node: process.version,
    processors: processors.length,
    processor: processors[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    /** Runnable threads on average in the minute before the run. */
    loadBefore: loadavg()[0],
  }
}

/** Whether something else is at work: the benchmark itself has not begun. */
export const isBusy = (machine) => machine.loadBefore > machine.processors / 4
