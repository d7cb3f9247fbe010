// Faults of the disk by rules written as text (docs/testing.md), for the logs of this process.

import { loadNative } from '../../src/embedded/native.js'

export interface Faults {
  /** Other rules from now on; the log stays open. No text: none. */
  set(rules: string): void
  /** How often each rule hit, in their order. */
  hits(): number[]
}

/**
 * Logs opened after this call are in a world with faults. They end with the test.
 * @param teardown what the test calls at its end
 */
export function faults(test: { teardown(end: () => void): void }, rules = ''): Faults {
  const native = loadNative()
  const set = (text: string) => {
    const failure = native.faultsSet(text)
    if (failure !== null) throw new Error(failure[1])
  }
  set(rules)
  test.teardown(() => set(''))
  const hits = () =>
    native
      .faultsReport()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Number.parseInt(line, 10))
  return { set, hits }
}
