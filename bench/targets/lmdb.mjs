// lmdb-js as a log: a record under its number, and one key per tag in a second database that leads to it.
// It gathers the writes of one turn of the event loop into one transaction by itself, and commits on a
// thread of its own.

import { open } from 'lmdb'

const GiB = 2 ** 30
const nothing = Buffer.alloc(0)

/** @type {import('./target.js').Target} */
export const target = {
  name: 'lmdb',
  describe:
    'lmdb-js 3.5.6: record by uint32, two [tag, number] keys; overlappingSync off, noMemInit, 8 KiB pages',
  open: openStore,
}

/** @param {string} directory */
async function openStore(directory) {
  const root = open({
    path: directory,
    mapSize: 16 * GiB,
    encoding: 'binary',
    // The promise of a write then waits for the flush.
    overlappingSync: false,
    noMemInit: true,
    pageSize: 8192,
  })
  const records = root.openDB('records', { keyEncoding: 'uint32', encoding: 'binary' })
  const index = root.openDB('index', { encoding: 'binary' })
  const [last = -1] = records.getKeys({ reverse: true, limit: 1 })
  let next = Number(last) + 1

  /** All three writes are made in one turn, so in one transaction, whose promise is that of any of them. */
  function put(data, tags) {
    const seqnum = next++
    for (const tag of tags) void index.put([tag, seqnum], nothing)
    return records.put(seqnum, data)
  }

  function readNextSync(tag, from) {
    for (const [foundTag, seqnum] of index.getKeys({ start: [tag, from], limit: 1 })) {
      if (foundTag === tag) return { seqnum, data: records.getBinary(seqnum) }
    }
    return null
  }

  return {
    append: put,
    appendMany: (items) =>
      root.batch(() => {
        for (const { data, tags } of items) void put(data, tags)
      }),
    readNextSync,
    // lmdb-js has no asynchronous range read.
    readNext: async (tag, from) => readNextSync(tag, from),
    async scan(tag, visit) {
      const range = { start: [tag, 0], end: [tag, Number.MAX_SAFE_INTEGER] }
      for (const [, seqnum] of index.getKeys(range)) visit({ seqnum, data: records.getBinary(seqnum) })
    },
    close: () => root.close(),
  }
}
