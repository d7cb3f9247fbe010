// Whether a store holds what was acknowledged, under both tags of every record and with the right bytes, so
// that no figure is one of something else than it says.

import {
  dataOf,
  keyCount,
  keyTag,
  recordsInStream,
  recordsUnderKey,
  streamCount,
  streamTag,
} from './records.mjs'

/** In the streams every so many records are compared; prime, so that none is preferred. */
const streamSample = 97
/** A quick check looks at every so many keys. */
const quickKeyStep = 41

/**
 * Throws unless the store holds the first `total` records, each once under both tags, and nothing else there.
 * @param {import('../targets/target.js').Store} store
 * @param {{ total: number, bytes: number, quick: boolean }} expected
 */
export async function verify(store, { total, bytes, quick }) {
  for (let i = 0; i < streamCount; i++) {
    const count = recordsInStream(i, total)
    await verifyTag(store, streamTag(i), {
      count,
      bytes,
      sample: streamSample,
      numberOf: (n) => i + n * streamCount,
    })
  }
  for (let i = 0; i < Math.min(keyCount, total); i += quick ? quickKeyStep : 1) {
    const count = recordsUnderKey(i, total)
    await verifyTag(store, keyTag(i), { count, bytes, sample: 1, numberOf: (n) => i + n * keyCount })
  }
}

async function verifyTag(store, tag, { count, bytes, sample, numberOf }) {
  let found = 0
  let last = -1
  await store.scan(tag, ({ seqnum, data }) => {
    if (seqnum <= last) throw new Error(`under ${tag}, ${seqnum} comes after ${last}`)
    last = seqnum
    if (found % sample === 0 && Buffer.compare(data, dataOf(numberOf(found), bytes)) !== 0) {
      throw new Error(
        `under ${tag}, record ${found} (${seqnum} of the store) has other bytes than were written`,
      )
    }
    found++
  })
  if (found !== count) throw new Error(`${count} records were acknowledged under ${tag}, ${found} are there`)
}
