// How often and how long the lock of a directory is asked for, by a clock that the test moves.

import t from 'tap'
import type { NativeFailure } from '../../../src/embedded/addon.js'
import { waitForLock } from '../../../src/embedded/lock-wait.js'

const locked: NativeFailure = [6, 'held by process 7', 11, false]
const opened = ['handle', [1, 2]] as const

/** A clock that only sleeping moves, and what was slept. */
function testClock() {
  const pauses: number[] = []
  let now = 1000
  const sleep = async (pause: number) => {
    pauses.push(pause)
    now += pause
  }
  return { pauses, now: () => now, sleep }
}

/** Locked so many times, then open. */
function lockedFor(attempts: number) {
  let count = 0
  return { attempt: async () => (count++ < attempts ? locked : opened), count: () => count }
}

t.test('without a time to wait there is one attempt, and its failure as it is', async (t) => {
  const clock = testClock()
  const lock = lockedFor(Number.POSITIVE_INFINITY)
  t.equal(await waitForLock(0, lock.attempt, clock), locked)
  t.equal(lock.count(), 1)
  t.same(clock.pauses, [])
})

t.test('pauses grow to 50 milliseconds, and the last one ends at the deadline, not behind it', async (t) => {
  const clock = testClock()
  const lock = lockedFor(Number.POSITIVE_INFINITY)
  const failure = await waitForLock(200, lock.attempt, clock)
  t.same(clock.pauses, [1, 2, 4, 8, 16, 32, 50, 50, 37])
  t.equal(lock.count(), 10, 'with one attempt when the time is up')
  t.same(failure, [6, 'held by process 7 (waited 200 ms for it)', 11, false])
})

t.test('a lock that comes free is taken at the next attempt, however long the time', async (t) => {
  for (const timeout of [100, Number.POSITIVE_INFINITY]) {
    const clock = testClock()
    t.equal(await waitForLock(timeout, lockedFor(3).attempt, clock), opened)
    t.same(clock.pauses, [1, 2, 4])
  }
})

t.test('any other failure ends the waiting at once', async (t) => {
  const clock = testClock()
  const failures: NativeFailure[] = [locked, [9, 'the disk failed', 5, false]]
  const attempt = async () => failures.shift() ?? opened
  t.same(await waitForLock(1000, attempt, clock), [9, 'the disk failed', 5, false])
  t.same(clock.pauses, [1])
  await t.rejects(
    waitForLock(1000, () => Promise.reject(new TypeError('misuse')), clock),
    { message: 'misuse' },
  )
})
