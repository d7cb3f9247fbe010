// What a read does after native code has put records into the slab: objects are made, and on access views of
// their bytes and strings of their tags.

import { indexHead, indexWidth } from '../../dist/esm/embedded/addon.js'
import { recordsIn } from '../../dist/esm/embedded/read-memory.js'
import { ReadArguments, takesRange } from '../../dist/esm/log/call-options.js'
import { encodeTags } from '../../dist/esm/log/record.js'
import { dataOf, keyTag, tagsOf } from '../support/records.mjs'

const dataBytes = 128
const batchRecords = 256

export const readRecords = {
  title: 'read, per record',
  /** @returns {import('./run.mjs').Micro[]} */
  cases: () => [
    { name: 'ReadArguments.read: { tag, from }', run: readOptions() },
    { name: 'one record object', run: makeRecords(1, (record) => record.seqnum) },
    { name: 'one record object and its data', run: makeRecords(1, (record) => record.data.length) },
    { name: 'one record object and its two tags', run: makeRecords(1, (record) => record.tags.length) },
    {
      name: `record objects of a batch of ${batchRecords}, and their data`,
      run: makeRecords(batchRecords, (record) => record.data.length),
      perRun: batchRecords,
    },
  ],
}

function readOptions() {
  let i = 0
  return () => {
    i = (i + 1) & 0xffff
    return new ReadArguments().read('readNextSync', { tag: keyTag(i), from: i }, takesRange).lower
  }
}

/**
 * @param {number} count
 * @param {(record: import('../../dist/esm/index.js').LogRecord<Uint8Array>) => number} use
 */
function makeRecords(count, use) {
  const { slab, index } = answerOf(count)
  return () => {
    let sum = 0
    for (const record of recordsIn(slab, 0, index, undefined).records) sum += use(record)
    return sum
  }
}

/** Slab and index as native code fills them (src/embedded/addon.ts). */
function answerOf(count) {
  const slab = Buffer.alloc(count * (dataBytes + 64))
  const index = new Float64Array(indexHead + indexWidth * count)
  let end = 0
  for (let i = 0; i < count; i++) {
    const tags = tagsOf(i)
    const dataStart = encodeTags(tags, slab, end)
    slab.set(dataOf(i, dataBytes), dataStart)
    index.set([i, Date.now(), end, tags.length, dataStart, dataBytes], indexHead + indexWidth * i)
    end = dataStart + dataBytes
  }
  index.set([count, 0, end, 0])
  return { slab, index }
}
