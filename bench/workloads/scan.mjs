// All records of a tag that holds a tenth of the store, in order, by the store's fastest way.

import { recordsInStream, streamCount, streamTag } from '../support/records.mjs'
import { measureLoop } from '../support/window.mjs'

/** @returns {import('./workload.js').Workload} */
export function scan({ name }) {
  return {
    name,
    title: 'scan of a tag by batches, after reopening',
    store: 'loaded',
    bytes: 128,
    metrics: [
      { key: 'rate', label: 'records/s', better: 'higher' },
      { key: 'cpu', label: 'CPU µs', better: 'lower' },
    ],
    async run(store, settings) {
      let stream = 0

      async function piece() {
        const tag = streamTag(stream)
        const expected = recordsInStream(stream, settings.records)
        stream = (stream + 1) % streamCount
        let count = 0
        let bytes = 0
        await store.scan(tag, (record) => {
          count++
          bytes += record.data.length
        })
        if (count !== expected || bytes !== expected * 128)
          throw new Error(`${tag}: ${count} of ${expected} records`)
        return count
      }

      return measureLoop(settings, piece)
    },
  }
}
