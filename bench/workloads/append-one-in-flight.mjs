// One append after the other, each awaited: what a caller waits for when nothing else goes on.

import { Latency } from '../support/latency.mjs'
import { dataOf, tagsOf } from '../support/records.mjs'
import { measureLoop } from '../support/window.mjs'

const appendsPerPiece = 8

/** @returns {import('./workload.js').Workload} */
export function appendOneInFlight({ name, bytes }) {
  return {
    name,
    title: `durable append, ${bytes} B, one in flight`,
    store: 'empty',
    bytes,
    metrics: [
      { key: 'latency.p50', label: 'p50 µs', better: 'lower' },
      { key: 'latency.p99', label: 'p99 µs', better: 'lower' },
    ],
    async run(store, settings) {
      const latency = new Latency()
      let acknowledged = 0

      async function piece() {
        for (let left = appendsPerPiece; left > 0; left--) {
          const begin = performance.now()
          await store.append(dataOf(acknowledged, bytes), tagsOf(acknowledged))
          latency.record(performance.now() - begin)
          acknowledged++
        }
        return appendsPerPiece
      }

      const rates = await measureLoop(settings, piece, { begin: () => latency.clear() })
      return { ...rates, latency: latency.summary(), acknowledged }
    },
  }
}
