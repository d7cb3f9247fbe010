// Many callers, each of which awaits its own record and then appends the next: requests of a busy service.

import { Latency } from '../support/latency.mjs'
import { dataOf, tagsOf } from '../support/records.mjs'
import { measureBackground } from '../support/window.mjs'

/** Every so many appends one is timed: a look at the clock costs a twentieth of an append. */
const timedEvery = 61

/** @returns {import('./workload.js').Workload} */
export function appendInFlight({ name, bytes, callers }) {
  return {
    name,
    title: `durable append, ${bytes} B, ${callers} callers`,
    store: 'empty',
    bytes,
    metrics: [
      { key: 'rate', label: 'records/s', better: 'higher' },
      { key: 'cpu', label: 'CPU µs', better: 'lower' },
      { key: 'latency.p50', label: 'p50 µs', better: 'lower' },
      { key: 'latency.p99', label: 'p99 µs', better: 'lower' },
    ],
    async run(store, settings) {
      const latency = new Latency()
      let next = 0
      let acknowledged = 0
      let stopped = false

      async function caller() {
        while (!stopped) {
          const i = next++
          const begin = i % timedEvery === 0 ? performance.now() : 0
          await store.append(dataOf(i, bytes), tagsOf(i))
          if (begin !== 0) latency.record(performance.now() - begin)
          acknowledged++
        }
      }

      const all = Promise.all(Array.from({ length: callers }, caller))
      const window = measureBackground(
        settings,
        () => acknowledged,
        () => latency.clear(),
      )
      const rates = await Promise.race([window, all.then(() => window)])
      const summary = latency.summary()
      stopped = true
      await all
      return { ...rates, latency: summary, acknowledged }
    },
  }
}
