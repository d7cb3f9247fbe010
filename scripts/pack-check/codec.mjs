// The codec of its own entry point, in both formats, and streams on a log on disk.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { pipeline } from 'node:stream/promises'
import { open } from 'daybook'
import { msgpackr } from 'daybook/msgpackr'

const cjs = createRequire(import.meta.url)('daybook/msgpackr')
assert.deepEqual(Object.keys(cjs), ['msgpackr'])

const log = await open(process.argv[2])
const pens = [{ pens: 1n }, { pens: 2n }]
await pipeline(pens, log.book('orders', { codec: msgpackr }).writable())
const read = []
await pipeline(log.book('orders', { codec: cjs.msgpackr }).read().readable(), async (records) => {
  for await (const { value } of records) read.push(value)
})
assert.deepEqual(read, pens)
await log.close()
