// The same in CommonJS, without Buffer and with a codec.

const assert = require('node:assert/strict')
const { json, open } = require('daybook')

async function main() {
  const log = await open(process.argv[2])
  const orders = log.book('orders', { codec: json() })
  const seqnum = await orders.append({ pens: 1 }, { tags: ['order:9'] })
  const record = await orders.readPrev({ tag: 'order:9' })
  assert.equal(record?.seqnum, seqnum)
  assert.deepEqual(record?.value, { pens: 1 })
  await log.close()
}

void main()
