// Makes records that nobody takes, so that the heap of JavaScript has the size that this needs.

import { Groups } from './append-all.mjs'

const groups = 1000

/** @param {import('./known-records.mjs').KnownRecords} known */
export async function warmUp(known) {
  const made = new Groups(known)
  for (let i = 0; i < groups; i++) {
    const items = made.from(i % 2)
    await Promise.resolve(items.length)
  }
}
