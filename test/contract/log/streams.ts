// Readers as streams, and streams of the web in both directions.

import { getEventListeners, once } from 'node:events'
import { createReadStream, createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { json } from '../../../src/log/codec.js'
import { isDaybookError } from '../../../src/log/errors.js'
import type { LogRecord } from '../../../src/log/types.js'
import { tempDirectory } from '../../support/temp-directory.js'
import {
  bytes,
  closed,
  collect,
  invalid,
  isWaiting,
  type Suite,
  seqnums,
  soon,
  text,
  throws,
  turnOfLoop,
  wrong,
} from './harness.js'

const nothing = (count: number) => Array.from({ length: count }, () => ({ data: new Uint8Array(0) }))
const rejection = (promise: Promise<unknown>) =>
  soon(promise, 'it').then(
    () => {
      throw new Error('it resolved')
    },
    (error: unknown) => error,
  )

export function readableSuite({ scenario }: Suite): void {
  scenario('a reader becomes a stream of its records', async ({ t, book }) => {
    const given = await book.appendMany(nothing(3000))
    t.same(await seqnums(book.read().readable()), given)
    t.same(await seqnums(book.read({ reverse: true, limit: 1500 }).readable()), given.slice(1500).reverse())
    t.same(await seqnums(book.read({ after: given.at(-1) }).readable()), [], 'nothing')
    const flowing: number[] = []
    const stream = book.read().readable({ highWaterMark: 1 })
    stream.on('data', (record: LogRecord<unknown>) => flowing.push(record.seqnum))
    await finished(stream)
    t.same(flowing, given)
    t.equal(book.read().readable().readableHighWaterMark, 16)
  })

  scenario('a slow consumer does not pull the whole log', async ({ t, book }) => {
    await book.appendMany(nothing(5000))
    const reader = book.read()
    const stream = reader.readable({ highWaterMark: 4 })
    await once(stream, 'readable')
    for (let turn = 0; turn < 20; turn++) await turnOfLoop()
    t.ok(stream.readableLength <= 4, 'no more is held than was asked for')
    // What has not been read yet is read as it is then: had it been read ahead, it would still be there.
    await book.trim({ before: Infinity })
    const late = await seqnums(stream)
    t.ok(late.length >= 1 && late.length < 1000, `${late.length} records had been read`)
  })

  scenario('a pipeline of lines goes in and comes out again', async ({ t, log }) => {
    const directory = await tempDirectory()
    const [from, to] = [join(directory.path, 'in'), join(directory.path, 'out')]
    const content = Array.from({ length: 2500 }, (_, i) => `line ${i} ☕\n`).join('')
    writeFileSync(from, content)
    const lines = log.book('lines', { codec: json<string>() })
    const options = { tags: (line: string) => [`length:${line.length}`] }
    await pipeline(createInterface({ input: createReadStream(from) }), lines.writable(options))
    await pipeline(
      lines.read().readable(),
      async function* (records: AsyncIterable<LogRecord<string>>) {
        for await (const { value } of records) yield `${value}\n`
      },
      createWriteStream(to),
    )
    t.equal(readFileSync(to, 'utf8'), content)
    t.equal((await collect(lines.read({ tag: 'length:8' }).readable())).length, 10)
    await directory.remove()
  })

  scenario('one log into another', async ({ t, book, log }) => {
    const given = await book.appendMany(nothing(300))
    await pipeline(
      book.read().readable(),
      async function* (records: AsyncIterable<LogRecord<Uint8Array>>) {
        for await (const { seqnum, data } of records) yield { data, tags: [`from:${seqnum}`] }
      },
      log.book('copy').writable({ items: true }),
    )
    const copied = await collect(log.book('copy').read())
    t.same(
      copied.map(({ tags }) => tags),
      given.map((seqnum) => [`from:${seqnum}`]),
    )
  })

  scenario('a reader becomes one stream, and nothing else beside it', async ({ t, book }) => {
    const reader = book.read()
    throws(t, () => reader.readable(wrong({ objectMode: false })), invalid, 'no such option')
    throws(t, () => reader.readable(wrong({ highWaterMark: 0 })), invalid, 'too low')
    throws(t, () => reader.readableStream(wrong({ highWaterMark: 65_537 })), invalid, 'too high')
    await collect(reader.readable())
    throws(t, () => reader.readable(), invalid, 'again')
    throws(t, () => reader.readableStream(), invalid, 'as another')
    throws(t, () => reader[Symbol.asyncIterator](), invalid, 'in a loop')
  })

  scenario('destroying a stream ends the reader', async ({ t, log, book }) => {
    await book.appendMany(nothing(200))
    const stream = book.read().readable()
    for await (const _ of stream) break
    t.ok(stream.destroyed)
    const live = book.read({ live: true }).readable()
    await soon(take(live, 200), 'the records')
    // The log may close while a stream that was destroyed still waits at the tail.
    live.destroy()
    await once(live, 'close')
    await log.close()
    t.equal(live.errored, null)
  })

  scenario('a live stream goes on until it is aborted', async ({ t, book }) => {
    const controller = new AbortController()
    const { signal } = controller
    await book.append(bytes('old'))
    let caughtUp = (): void => {}
    const reached = new Promise<void>((resolve) => {
      caughtUp = resolve
    })
    const stream = book.read({ live: true, signal, onCaughtUp: caughtUp }).readable()
    t.same((await take(stream, 1)).map(text), ['old'])
    await soon(reached, 'the tail')
    await book.append(bytes('new'))
    t.same((await take(stream, 1)).map(text), ['new'])
    const next = take(stream, 1)
    t.ok(await isWaiting(next))
    const reason = new Error('enough')
    controller.abort(reason)
    t.equal(await rejection(next), reason)
    t.equal(getEventListeners(signal, 'abort').length, 0)
  })

  scenario('an abort destroys a stream that nobody reads', async ({ t, book }) => {
    await book.appendMany(nothing(100))
    const controller = new AbortController()
    const stream = book.read({ signal: controller.signal }).readable()
    await once(stream, 'readable')
    controller.abort()
    t.match(await rejection(finished(stream)), { name: 'AbortError' })
    const dead = book.read({ signal: AbortSignal.abort() }).readable()
    t.match(await rejection(collect(dead)), { name: 'AbortError' }, 'before it began')
    const ended = new AbortController()
    await collect(book.read({ signal: ended.signal }).readable())
    t.equal(getEventListeners(ended.signal, 'abort').length, 0, 'after the end')
  })

  scenario('an error of the reader is that of the stream', async ({ t, log, book }) => {
    await book.appendMany(nothing(10))
    const stream = book.read({ live: true }).readable()
    await take(stream, 10)
    const next = rejection(take(stream, 1))
    await log.close()
    t.match(await next, closed)
    t.ok(stream.destroyed)
  })
}

export function webStreamSuite({ scenario }: Suite): void {
  scenario('web streams carry records out and values in', async ({ t, log, book }) => {
    const given = await book.appendMany(nothing(2000))
    t.same(await seqnums(book.read().readableStream()), given)
    const copy = log.book('copy', { codec: json<number>() })
    const told: number[] = []
    const toSeqnum = new TransformStream<LogRecord<Uint8Array>, number>({
      transform: (record, controller) => controller.enqueue(record.seqnum),
    })
    await book
      .read()
      .readableStream({ highWaterMark: 3 })
      .pipeThrough(toSeqnum)
      .pipeTo(copy.writableStream({ tags: ['copied'], onAcknowledged: (seqnums) => told.push(...seqnums) }))
    const records = await collect(copy.read({ tag: 'copied' }))
    t.same(
      records.map(({ value }) => value),
      given,
    )
    t.same(
      records.map(({ seqnum }) => seqnum),
      told,
    )
    const writer = copy.writableStream({ items: true }).getWriter()
    await writer.write({ data: 5, tags: ['item'] })
    await writer.close()
    t.equal((await copy.readNext({ tag: 'item' }))?.value, 5)
  })

  scenario('a web stream pushes back', async ({ t, book }) => {
    const writer = book.writableStream({ highWaterMark: 2 }).getWriter()
    void writer.write(bytes('1'))
    t.equal(writer.desiredSize, 0)
    await Promise.all(['2', '3', '4', '5'].map((value) => writer.write(bytes(value))))
    await writer.ready
    await writer.close()
    t.same((await collect(book.read())).map(text), ['1', '2', '3', '4', '5'])
    await book.appendMany(nothing(3000))
    const reader = book.read().readableStream().getReader()
    await reader.read()
    for (let turn = 0; turn < 20; turn++) await turnOfLoop()
    await book.trim({ before: Infinity })
    let late = 0
    while (!(await reader.read()).done) late++
    t.ok(late > 0 && late < 1000, `${late} records had been read`)
  })

  scenario('cancelling ends the reader, aborting fails it', async ({ t, log, book }) => {
    await book.appendMany(nothing(100))
    const stream = book.read({ live: true }).readableStream()
    for await (const record of stream) if (record.seqnum >= 0) break
    const controller = new AbortController()
    const { signal } = controller
    const reader = book.read({ live: true, signal }).readableStream().getReader()
    for (let i = 0; i < 100; i++) await reader.read()
    const next = reader.read()
    const reason = new Error('enough')
    controller.abort(reason)
    t.equal(await rejection(next), reason)
    t.equal(getEventListeners(signal, 'abort').length, 0)
    t.equal(await rejection(book.read({ signal }).readableStream().getReader().read()), reason)
    const other = new AbortController()
    await collect(book.read({ signal: other.signal }).readableStream())
    await book.read({ live: true, signal: other.signal }).readableStream().cancel()
    t.equal(getEventListeners(other.signal, 'abort').length, 0)
    const waiting = book.read({ live: true }).readableStream().getReader()
    for (let i = 0; i < 100; i++) await waiting.read()
    const last = rejection(waiting.read())
    await log.close()
    t.match(await last, closed)
  })

  scenario('an error of an append is that of the web stream', async ({ t, book }) => {
    const writer = book.writableStream().getWriter()
    await writer.write(bytes('good'))
    await writer.write(wrong('bad')).catch(() => {})
    const error = await rejection(writer.closed)
    if (!isDaybookError(error)) throw new Error('another error', { cause: error })
    t.equal(error.code, 'ERR_DAYBOOK_INVALID_ARG')
    t.equal(error.acknowledged, 1)
    await writer.close().catch(() => {})
  })

  scenario('aborting a web stream appends nothing more', async ({ t, book }) => {
    const writer = book.writableStream({ highWaterMark: 1 }).getWriter()
    const writes = ['1', '2', '3'].map((value) => writer.write(bytes(value)))
    const closing = rejection(writer.closed)
    const settled = Promise.allSettled(writes)
    await soon(writer.abort(new Error('enough')), 'abort')
    t.match(await closing, { message: 'enough' })
    await soon(settled, 'the writes')
    const found = (await collect(book.read())).map(text)
    t.same(found, ['1', '2', '3'].slice(0, found.length))
    t.ok(found.length < 3)
    const controller = new AbortController()
    const other = book.writableStream({ signal: controller.signal }).getWriter()
    const reason = new Error('by its signal')
    controller.abort(reason)
    t.equal(await rejection(other.closed), reason)
  })
}

/** The next records of a stream. */
async function take(stream: Readable, count: number): Promise<LogRecord<unknown>[]> {
  const taken: LogRecord<unknown>[] = []
  while (taken.length < count) {
    const record: LogRecord<unknown> | null = stream.read()
    if (record !== null) taken.push(record)
    else await once(stream, 'readable')
  }
  return taken
}
