// Waits for the lock of a directory that another process holds, by asking again and again. The operating
// system has no wait with a deadline for such locks, and a wait in native code would keep one of the few
// threads of Node's pool from everybody else. Nothing is held between two attempts: whoever waits may be
// ended at any time, and opens of other directories go on.

import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import type { NativeFailure } from './addon.js'

/** The core's StatusCode for a lock that somebody else holds. */
const statusLocked = 6
/** Milliseconds between two attempts: the first pause, and what it grows to. */
const firstPause = 1
const longestPause = 50

/** What the waiting needs of the world; replaced by tests. */
export interface LockClock {
  now(): number
  sleep(milliseconds: number): Promise<unknown>
}

const realClock: LockClock = { now: () => performance.now(), sleep: (pause) => setTimeout(pause) }

/**
 * Calls `attempt` until it ends otherwise than locked, or `timeout` milliseconds have passed; at least once,
 * and once more when the time is up. A lock that is still held then is the failure of the last attempt.
 */
export async function waitForLock<T extends readonly unknown[]>(
  timeout: number,
  attempt: () => Promise<T | NativeFailure>,
  clock: LockClock = realClock,
): Promise<T | NativeFailure> {
  const deadline = clock.now() + timeout
  let pause = firstPause
  for (;;) {
    const opened = await attempt()
    if (!isLocked(opened)) return opened
    const left = deadline - clock.now()
    if (left <= 0) return timeout === 0 ? opened : withWaiting(opened, timeout)
    await clock.sleep(Math.min(pause, left))
    pause = Math.min(pause * 2, longestPause)
  }
}

function isLocked(opened: readonly unknown[]): opened is NativeFailure {
  return opened[0] === statusLocked
}

function withWaiting([code, message, errno, unknown]: NativeFailure, timeout: number): NativeFailure {
  return [code, `${message} (waited ${timeout} ms for it)`, errno, unknown]
}
