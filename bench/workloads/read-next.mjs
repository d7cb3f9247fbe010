// The next record of a tag at or after some place, at random: each read is of another tag or place. One half
// asks for tags that hold a tenth of all records, the other half for tags that hold a few.

import { Latency } from '../support/latency.mjs'
import { Dice, keyTag, streamTag } from '../support/records.mjs'
import { measureLoop } from '../support/window.mjs'

const readsPerPiece = 512
const warmUpReads = 50_000
/** Every so many reads one is timed. */
const timedEvery = 16
/** How far in front of the record that must be found a read begins at most. */
const distanceMax = 50_000

/** @returns {import('./workload.js').Workload} */
export function readNext({ name, store: kind, sync }) {
  const call = sync ? 'readNextSync' : 'await readNext'
  return {
    name,
    title: `${call} by tag, ${kind === 'fresh' ? 'hot' : 'after reopening'}`,
    store: kind,
    bytes: 128,
    metrics: [
      { key: 'rate', label: 'reads/s', better: 'higher' },
      { key: 'cpu', label: 'CPU µs', better: 'lower' },
      { key: 'latency.p50', label: 'p50 µs', better: 'lower' },
      { key: 'latency.p99', label: 'p99 µs', better: 'lower' },
    ],
    async run(store, settings) {
      const total = kind === 'fresh' ? settings.hotRecords : settings.records
      const latency = new Latency()
      const dice = new Dice()
      const read = sync ? syncPiece : asyncPiece
      let consumed = 0

      /** Record `i` is there under the tag, so something must be found at or in front of it. */
      function consume(found, i, from) {
        if (found === null || found.seqnum < from || found.seqnum > i) {
          throw new Error(`a read from ${from} should have found ${i} or one before it`)
        }
        consumed += found.data.length
      }

      function choose(left) {
        const i = dice.below(total)
        const from = Math.max(0, i - dice.below(distanceMax))
        return { i, from, tag: (left & 1) === 0 ? keyTag(i) : streamTag(i) }
      }

      function syncPiece() {
        for (let left = readsPerPiece; left > 0; left--) {
          const { i, from, tag } = choose(left)
          const begin = left % timedEvery < 2 ? performance.now() : 0
          const found = store.readNextSync(tag, from)
          if (begin !== 0) latency.record(performance.now() - begin)
          consume(found, i, from)
        }
        return readsPerPiece
      }

      async function asyncPiece() {
        for (let left = readsPerPiece; left > 0; left--) {
          const { i, from, tag } = choose(left)
          const begin = left % timedEvery < 2 ? performance.now() : 0
          const found = await store.readNext(tag, from)
          if (begin !== 0) latency.record(performance.now() - begin)
          consume(found, i, from)
        }
        return readsPerPiece
      }

      const rates = await measureLoop(settings, read, {
        begin: () => latency.clear(),
        warmUpCount: warmUpReads,
      })
      if (consumed === 0) throw new Error('nothing was read')
      return { ...rates, latency: latency.summary() }
    },
  }
}
