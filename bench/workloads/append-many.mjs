// A thousand records in one call: an import, or a service that gathers. Four calls are open at a time, so
// that a target that commits elsewhere has the next group at hand.

import { dataOf, tagsOf } from '../support/records.mjs'
import { measureBackground } from '../support/window.mjs'

const callsOpen = 4

/** @returns {import('./workload.js').Workload} */
export function appendMany({ name, bytes, items }) {
  return {
    name,
    title: `durable appendMany, ${items} × ${bytes} B`,
    store: 'empty',
    bytes,
    metrics: [
      { key: 'rate', label: 'records/s', better: 'higher' },
      { key: 'cpu', label: 'CPU µs', better: 'lower' },
    ],
    async run(store, settings) {
      let next = 0
      let acknowledged = 0
      let stopped = false

      async function caller() {
        while (!stopped) {
          const group = Array.from({ length: items }, () => recordAt(next++, bytes))
          await store.appendMany(group)
          acknowledged += items
        }
      }

      const all = Promise.all(Array.from({ length: callsOpen }, caller))
      const window = measureBackground(settings, () => acknowledged)
      const rates = await Promise.race([window, all.then(() => window)])
      stopped = true
      await all
      return { ...rates, acknowledged }
    },
  }
}

const recordAt = (i, bytes) => ({ data: dataOf(i, bytes), tags: tagsOf(i) })
