// What the types of a log say. This file is compiled, never run: every line that must not compile is marked,
// and a mark on a line that does compile is an error.

import type { Readable, Writable } from 'node:stream'
import { Registry } from 'prom-client'
import { registerMetrics } from '../../src/adapters/prom-client.js'
import { msgpackr } from '../../src/codecs/msgpackr.js'
import {
  type AppendManyItem,
  type Book,
  type Codec,
  type DaybookError,
  type Durability,
  type EmbeddedBook,
  type EmbeddedLog,
  type ErrorCode,
  type Histogram,
  isDaybookError,
  json,
  type Log,
  type Logger,
  type LogMetrics,
  type LogRecord,
  type LogState,
  open,
  openMemory,
  type Reader,
} from '../../src/index.js'
import { expectType } from './expect-type.js'

interface Order {
  readonly id: number
}

export async function opening(): Promise<void> {
  expectType<EmbeddedLog>()(await openMemory())
  await using log = await openMemory({ durability: 'os', maxPendingBytes: 65_536, now: () => 0 })
  expectType<LogState>()(log.status.state)
  expectType<Error | undefined>()(log.status.cause)
  expectType<Promise<void>>()(log.ready())
  expectType<Promise<void>>()(log.close({ timeout: 100 }))
  // @ts-expect-error: no such durability in one process
  await openMemory({ durability: 'replicated' })
  // @ts-expect-error: no such option
  await openMemory({ readOnly: true })
  // @ts-expect-error: a number
  await openMemory({ maxRecordBytes: '16' })
  // @ts-expect-error: no such option
  await log.close({ force: true })
}

export function books(log: EmbeddedLog, common: Log): void {
  expectType<EmbeddedBook<Uint8Array>>()(log.book('bytes'))
  expectType<Book<Uint8Array>>()(common.book('bytes'))
  expectType<EmbeddedBook<Order>>()(log.book('orders', { codec: json<Order>() }))
  expectType<EmbeddedBook<Order>>()(log.book<Order>('orders', { codec: json }))
  expectType<Book<Order>>()(common.book('orders', { codec: json<Order>() }))
  const codec: Codec<Date> = { encode: () => new Uint8Array(8), decode: () => new Date() }
  expectType<EmbeddedBook<Date>>()(log.book('dates', { codec }))
  // A book on this machine is good for whoever takes a book.
  const wider: Book<Order> = log.book('orders', { codec: json<Order>() })
  expectType<string>()(wider.name)
  // @ts-expect-error: a type without a codec
  log.book<Order>('orders')
  // @ts-expect-error: the codec of another type
  log.book<Order>('orders', { codec })
  // @ts-expect-error: a codec has two sides
  log.book('half', { codec: { encode: () => new Uint8Array(0) } })
  // @ts-expect-error: no such option
  log.book('orders', { codec, compress: true })
  // @ts-expect-error: names are strings
  log.book(5)
}

export async function appends(bytes: Book, orders: Book<Order>): Promise<void> {
  expectType<Promise<number>>()(bytes.append(Buffer.from('a Buffer is a Uint8Array')))
  expectType<Promise<number[]>>()(orders.appendMany([{ data: { id: 1 } }, { data: { id: 2 }, tags: ['a'] }]))
  const signal = new AbortController().signal
  const tags: readonly string[] = Object.freeze(['a'])
  await orders.append({ id: 1 }, { tags, durability: 'os', signal })
  await orders.append({ id: 1 }, { tags: undefined, durability: undefined, signal: undefined })
  await orders.appendMany([], { durability: 'disk', signal })
  // @ts-expect-error: without a codec there are only bytes
  await bytes.append('text')
  // @ts-expect-error: a value of the book's type
  await orders.append({ name: 'tea' })
  // @ts-expect-error: a value of the book's type
  await orders.appendMany([{ data: 'tea' }])
  // @ts-expect-error: tags are a list
  await orders.append({ id: 1 }, { tags: 'a' })
  // @ts-expect-error: tags belong to the items
  await orders.appendMany([{ data: { id: 1 } }], { tags: ['a'] })
  await orders.append({ id: 1 }, { expect: { after: -1 }, key: 'request' })
  await orders.append(
    { id: 1 },
    {
      expect: [
        { tag: 'a', after: 5 },
        { match: { all: ['a'] }, after: 6 },
      ],
    },
  )
  await orders.appendMany([{ data: { id: 1 } }], {
    expect: { match: { any: ['a'] }, after: 5 },
    key: 'request',
  })
  // @ts-expect-error: a condition says behind what
  await orders.append({ id: 1 }, { expect: { tag: 'a' } })
  const wanted: Durability = 'disk'
  // @ts-expect-error: durability is one of two words
  await orders.append({ id: 1 }, { durability: `${wanted}s` })
}

export async function reads(orders: EmbeddedBook<Order>): Promise<void> {
  expectType<LogRecord<Order> | null>()(
    await orders.readNext({ tag: 'a', from: 0, before: Number.POSITIVE_INFINITY }),
  )
  expectType<LogRecord<Order> | null>()(await orders.readPrev())
  expectType<LogRecord<Order> | null>()(await orders.get(0, { signal: new AbortController().signal }))
  expectType<LogRecord<Order> | null>()(orders.readNextSync({ after: -1, to: 5 }))
  expectType<LogRecord<Order> | null>()(orders.readPrevSync({ tag: 'a' }))
  expectType<LogRecord<Order> | null>()(orders.getSync(0))
  expectType<number>()(orders.tailSync({ tag: 'a' }))
  expectType<Promise<number>>()(orders.tail())
  expectType<Promise<number>>()(orders.seqnumAt(new Date()))
  expectType<Promise<void>>()(orders.trim({ before: 5 }))
  expectType<Reader<Order>>()(orders.read({ live: true, limit: 5, onTrim: 'error', onCaughtUp: () => {} }))
  for await (const record of orders.read({ reverse: true })) {
    expectType<LogRecord<Order>>()(record)
    expectType<Order>()(record.value)
    expectType<readonly string[]>()(record.tags)
    expectType<number>()(record.timestamp)
    expectType<LogRecord<Order>>()(record.copy())
    expectType<Uint8Array | undefined>()(record.aux)
    expectType<void>()(orders.setAux(record.seqnum, Buffer.from('view')))
    // @ts-expect-error: records do not change
    record.seqnum = 5
    // @ts-expect-error: setAux sets it
    record.aux = Buffer.from('view')
    // @ts-expect-error: aux data is bytes
    orders.setAux(record.seqnum, 'view')
  }
  for await (const records of orders.read().batches()) expectType<LogRecord<Order>[]>()(records)
  await using reader = orders.read({ live: true })
  expectType<Reader<Order>>()(reader)
  // @ts-expect-error: bounds are numbers
  await orders.readNext({ from: 1n })
  // @ts-expect-error: nothing to limit
  await orders.readNext({ limit: 1 })
  // @ts-expect-error: nothing to cancel
  orders.readNextSync({ signal: new AbortController().signal })
  orders.read({ match: { all: ['a'] } })
  await orders.tail({ match: { any: ['a', { all: ['b', 'c'] }] } })
  // @ts-expect-error: all is a list
  orders.read({ match: { all: 'a' } })
  expectType<string>()(orders.position)
  await orders.readNext({ atLeast: orders.position })
  await orders.get(1, { atLeast: orders.position, signal: new AbortController().signal })
  orders.read({ live: true, onCaughtUp: (position) => expectType<string>()(position) })
  // @ts-expect-error: a string
  await orders.tail({ atLeast: 1 })
  // @ts-expect-error: nothing to wait for
  orders.tailSync({ atLeast: orders.position })
  // @ts-expect-error: a Date
  await orders.seqnumAt(0)
  // @ts-expect-error: a trim says how far
  await orders.trim({})
  await orders.trim({ tag: 'a', before: 5 })
  // @ts-expect-error: a tag, not a query
  await orders.trim({ match: { all: ['a'] }, before: 5 })
}

export function metrics(log: EmbeddedLog): void {
  expectType<LogMetrics>()(log.metrics())
  expectType<number | undefined>()(log.metrics().handle.appends.rejected.ERR_DAYBOOK_OVERLOADED)
  expectType<Histogram>()(log.metrics().commits.latency)
  // @ts-expect-error: no such code
  log.metrics().handle.appends.rejected.ERR_OTHER
  expectType<() => void>()(registerMetrics(log, { register: new Registry(), labels: { log: 'a' } }))
  // @ts-expect-error: labels are strings
  registerMetrics(log, { labels: { log: 1 } })
  const logger: Logger = console
  void open('directory', { logger, auxPersistent: true, auxBytes: 0 })
  // @ts-expect-error: a method is missing
  void open('directory', { logger: { info: () => {}, warn: () => {}, error: () => {} } })
}

export function streams(orders: Book<Order>, bytes: Book): void {
  expectType<Readable>()(orders.read().readable({ highWaterMark: 5 }))
  expectType<ReadableStream<LogRecord<Order>>>()(orders.read({ live: true }).readableStream())
  expectType<Writable>()(orders.writable({ tags: (order) => [`order:${order.id}`], durability: 'os' }))
  expectType<Writable>()(bytes.writable({ items: true, onAcknowledged: (seqnums: number[]) => void seqnums }))
  expectType<WritableStream<Order>>()(orders.writableStream({ tags: ['a'] }))
  expectType<WritableStream<AppendManyItem<Order>>>()(orders.writableStream({ items: true }))
  // @ts-expect-error: no such option
  orders.read().readable({ objectMode: false })
  // @ts-expect-error: tags are a list
  orders.writable({ tags: (order) => `order:${order.id}` })
  // @ts-expect-error: no such option
  orders.writableStream({ expect: { after: -1 } })
}

export function codecs(log: EmbeddedLog): void {
  expectType<EmbeddedBook<Order>>()(log.book('orders', { codec: msgpackr<Order>() }))
  expectType<EmbeddedBook<Order>>()(log.book<Order>('orders', { codec: msgpackr }))
}

export async function commonBooksHaveNoSyncForms(book: Book): Promise<void> {
  // @ts-expect-error: only on a log in this process
  book.readNextSync()
  // @ts-expect-error: only on a log in this process
  book.tailSync()
}

export function errors(caught: unknown): void {
  if (!isDaybookError(caught)) return
  expectType<DaybookError>()(caught)
  expectType<ErrorCode>()(caught.code)
  expectType<boolean>()(caught.retryable)
  expectType<'notWritten' | 'unknown' | undefined>()(caught.outcome)
  expectType<number | undefined>()(caught.acknowledged)
  expectType<unknown>()(caught.cause)
  // @ts-expect-error: no such code
  if (caught.code === 'ERR_DAYBOOK_NO_SUCH_CODE') return
}
