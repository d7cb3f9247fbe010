// The declarations as a strict CommonJS program sees them.

import daybook = require('daybook')
import codecs = require('daybook/msgpackr')
import blocks = require('daybook/order')
import adapter = require('daybook/prom-client')

export async function first(directory: string): Promise<Uint8Array | undefined> {
  const log: daybook.EmbeddedLog = await daybook.open(directory)
  const record = await log.book('orders').readNext()
  await log.close()
  return record?.data
}

export const watch: (log: daybook.Log) => () => void = (log) => adapter.registerMetrics(log)
export const codec: daybook.Codec<Date> = codecs.msgpackr<Date>()

export const cut: blocks.Cut = new blocks.Cut([{ shard: 0, progress: 1 }])
