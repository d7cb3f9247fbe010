import { json, open } from 'daybook'

const log = await open('./data')
const orders = log.book('orders', { codec: json })
await orders.append({ item: 'tea', count: 2 }, { tags: ['order:9', 'user:42'] })
await orders.append({ paid: true }, { tags: ['order:9'] })
for await (const { seqnum, value } of orders.read({ tag: 'order:9' })) console.log(seqnum, value)
const last = await orders.readPrev({ tag: 'user:42' })
console.log('last of user 42:', last?.value)
await log.close()
