// Puts the first records into a new store: what the reads are about.

import { dataOf, tagsOf } from './records.mjs'

const groupRecords = 1000
const callsOpen = 4

/** @param {import('../targets/target.js').Store} store @param {{ total: number, bytes: number }} what */
export async function fill(store, { total, bytes }) {
  let next = 0
  async function caller() {
    while (next < total) {
      const group = []
      for (const end = Math.min(next + groupRecords, total); next < end; next++) {
        group.push({ data: dataOf(next, bytes), tags: tagsOf(next) })
      }
      await store.appendMany(group)
    }
  }
  await Promise.all(Array.from({ length: callsOpen }, caller))
}
