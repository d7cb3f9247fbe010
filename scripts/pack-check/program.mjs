// What a user would write first, as an ES module.

import assert from 'node:assert/strict'
import { open } from 'daybook'

const loaded = () => process.report.getReport().sharedObjects.some((path) => path.includes('daybook.node'))

assert.equal(loaded(), false, 'importing the package loads no binary')
const log = await open(process.argv[2])
assert.equal(loaded(), true)
const orders = log.book('orders')
const seqnum = await orders.append(Buffer.from('one pen'), { tags: ['order:9', 'user:42'] })
const records = []
for await (const record of orders.read({ tag: 'order:9' })) records.push(record)
assert.deepEqual(
  records.map((record) => [record.seqnum, record.tags, Buffer.from(record.data).toString()]),
  [[seqnum, ['order:9', 'user:42'], 'one pen']],
)
await log.close()
