// The declarations as a strict ES module program sees them, with the checks of library files on.

import type { Writable } from 'node:stream'
import { type Book, type EmbeddedLog, isDaybookError, json, type LogRecord, open } from 'daybook'
import { msgpackr } from 'daybook/msgpackr'
import { Cursor, type OrderedRun, Shard } from 'daybook/order'
import { registerMetrics } from 'daybook/prom-client'

interface Order {
  pens: number
}

export async function count(directory: string): Promise<number> {
  const log: EmbeddedLog = await open(directory)
  const orders: Book<Order> = log.book('orders', { codec: json<Order>() })
  let pens = 0
  try {
    for await (const record of orders.read({ tag: 'order:9' })) pens += record.value.pens
    const last: LogRecord<Order> | null = await orders.readPrev()
    // @ts-expect-error a seqnum is a number
    const seqnum: string | undefined = last?.seqnum
    return seqnum === undefined ? 0 : pens
  } catch (error) {
    if (isDaybookError(error) && error.code === 'ERR_DAYBOOK_CORRUPT') return -1
    throw error
  } finally {
    await log.close()
  }
}

export function watch(log: EmbeddedLog): () => void {
  return registerMetrics(log, { prefix: 'orders_', labels: { service: 'shop' } })
}

export function pack(log: EmbeddedLog): Writable {
  const orders: Book<Order> = log.book('orders', { codec: msgpackr<Order>() })
  const records: ReadableStream<LogRecord<Order>> = orders.read().readableStream()
  void records.cancel()
  return orders.writable({ tags: (order) => [`pens:${order.pens}`] })
}

export function order(log: Uint8Array): readonly OrderedRun[] {
  const shard = new Shard({ log, shard: 0 })
  shard.append({ data: new Uint8Array(1), tags: ['a'] })
  const cursor = new Cursor()
  return cursor.apply(cursor.next([{ shard: 0, progress: shard.nextLocalId }], { timestamp: 1 }))
}
