// Streams that append: backpressure, groups, errors that say how far it came, aborts.

import { getEventListeners, once } from 'node:events'
import type { Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { json } from '../../../src/log/codec.js'
import { isDaybookError } from '../../../src/log/errors.js'
import {
  bytes,
  closed,
  collect,
  invalid,
  type Suite,
  seqnums,
  soon,
  text,
  throws,
  turnOfLoop,
  wrong,
} from './harness.js'

/** The error that a stream is destroyed with. Fails if it comes twice. */
async function failure(stream: Writable): Promise<unknown> {
  const errors: unknown[] = []
  stream.on('error', (error) => errors.push(error))
  if (!stream.closed) await soon(once(stream, 'close'), 'close').catch(() => {})
  await turnOfLoop()
  if (errors.length !== 1) throw new Error(`${errors.length} errors`)
  return errors[0]
}

export function writableSuite({ scenario }: Suite): void {
  scenario('what is written is appended, in order, with its tags', async ({ t, log, book }) => {
    const values = log.book('book', { codec: json<number>() })
    const told: number[] = []
    const byValue = values.writable({
      tags: (value) => [`parity:${value % 2}`],
      onAcknowledged: (given) => told.push(...given),
    })
    await pipeline(function* () {
      for (let i = 0; i < 3000; i++) yield i
    }, byValue)
    const records = await collect(values.read())
    t.same(
      records.map((record) => record.value),
      Array.from({ length: 3000 }, (_, i) => i),
    )
    t.same(
      records.map((record) => record.seqnum),
      told,
    )
    t.equal((await collect(book.read({ tag: 'parity:1' }))).length, 1500)

    const items = values.writable({ items: true })
    items.write({ data: null, tags: ['item'] })
    items.end({ data: 7 })
    await finished(items)
    t.same(
      (await collect(values.read({ after: told.at(-1) }))).map(({ value, tags }) => [value, tags]),
      [
        [null, ['item']],
        [7, []],
      ],
    )
    const same = book.writable({ tags: ['a', 'b', 'a'], durability: 'os' })
    same.end(bytes('bytes'))
    await finished(same)
    t.same((await book.readPrev({ tag: 'b' }))?.tags, ['a', 'b'])
  })

  scenario(
    'the end comes when everything is acknowledged, and a write calls back then',
    async ({ t, book }) => {
      let acknowledged = 0
      const onAcknowledged = (given: readonly number[]): void => {
        acknowledged += given.length
      }
      const stream = book.writable({ onAcknowledged })
      const seen: number[] = []
      for (let i = 0; i < 100; i++) stream.write(bytes(String(i)), () => seen.push(acknowledged))
      t.equal(acknowledged, 0, 'nothing within the turn')
      stream.end()
      await finished(stream)
      t.equal(acknowledged, 100)
      t.equal(seen.length, 100)
      for (const [i, count] of seen.entries())
        t.ok(count > i, `write ${i} called back behind its acknowledgement`)
      t.equal((await collect(book.read())).length, 100)
    },
  )

  scenario('a producer is stopped at the high water mark', async ({ t, book }) => {
    let groups = 0
    const stream = book.writable({ highWaterMark: 8, onAcknowledged: () => void groups++ })
    let written = 0
    while (stream.write(bytes(String(written++))));
    t.equal(written, 8)
    t.equal(stream.writableLength, 8)
    t.ok(stream.writableNeedDrain)
    await once(stream, 'drain')
    t.equal(groups, 2, 'one for the first, one for what waited')
    t.equal((await collect(book.read())).length, 8)
    stream.end()
    await finished(stream)
    t.equal(book.writable().writableHighWaterMark, 1024)
  })

  scenario(
    'what waits is never a group over the limits',
    async ({ t, log }) => {
      const sizes: number[] = []
      const book = log.book('book', {
        codec: { encode: (n: number) => Buffer.alloc(n), decode: (d) => d.length },
      })
      const stream = book.writable({ onAcknowledged: (given) => sizes.push(given.length) })
      stream.write(1)
      // The last one is alone larger than a group may be.
      for (const bytes of [1500, 1500, 1500, 3000, 3000, 10, 6000]) stream.write(bytes)
      stream.end()
      await finished(stream)
      t.same(sizes, [1, 2, 1, 1, 2, 1])
      t.same(
        (await collect(book.read())).map((record) => record.value),
        [1, 1500, 1500, 1500, 3000, 3000, 10, 6000],
      )
    },
    { maxGroupBytes: 4096, maxRecordBytes: 8192 },
  )

  scenario(
    'where the log is overloaded the stream waits',
    async ({ t, log, book }) => {
      const full = 65_536
      const appends = [book.append(Buffer.alloc(full))]
      const stream = book.writable()
      stream.write(bytes('while it is full'))
      appends.push(book.append(bytes('refused')))
      stream.end(bytes('last'))
      const [first, second] = await Promise.allSettled(appends)
      t.equal(first?.status, 'fulfilled')
      t.equal(second?.status, 'rejected', 'it was full')
      await finished(stream)
      t.same((await collect(book.read())).map(text).slice(1), ['while it is full', 'last'])
      await log.ready()
    },
    { maxPendingBytes: 65_536 },
  )

  scenario(
    'what is wrong with one of them fails the stream once, behind all before it',
    async ({ t, book }) => {
      const bad: Record<string, [unknown, string]> = {
        'over-large': [Buffer.alloc(2000), 'ERR_DAYBOOK_TOO_LARGE'],
        'not bytes': ['text', 'ERR_DAYBOOK_INVALID_ARG'],
      }
      for (const [name, [value, code]] of Object.entries(bad)) {
        const before = await book.tail()
        const told: number[] = []
        const stream = book.writable({ onAcknowledged: (given) => told.push(...given) })
        const callbacks: unknown[] = []
        for (const each of [bytes('1'), bytes('2'), bytes('3'), value, bytes('never')])
          stream.write(each, (error) => callbacks.push(error ?? null))
        const error = await failure(stream)
        if (!isDaybookError(error)) throw new Error(name, { cause: error })
        t.equal(error.code, code, name)
        t.equal(error.outcome, 'notWritten', name)
        t.equal(error.acknowledged, 3, name)
        t.match(error.message, /behind 3 records of the stream/, name)
        t.same(await seqnums(book.read({ after: before })), told, name)
        t.equal(told.length, 3, name)
        t.equal(callbacks.length, 5, `${name}: every write has called back`)
        t.equal(callbacks.at(-1) instanceof Error, true, name)
        t.ok(stream.destroyed, name)
      }
    },
    { maxRecordBytes: 1024 },
  )

  scenario('tags that cannot be made, and items that are none, fail the stream', async ({ t, book }) => {
    const cause = new Error('from the function')
    const fails = (): never => {
      throw cause
    }
    const cases: [Writable, unknown][] = [
      [book.writable({ tags: fails }), bytes('x')],
      [book.writable({ tags: () => wrong('tag') }), bytes('x')],
      [book.writable({ tags: () => [''] }), bytes('x')],
      [book.writable({ items: true }), bytes('x')],
      [book.writable({ items: true }), { data: bytes('x'), tag: 'a' }],
      [book.writable({ items: true }), { tags: [] }],
    ]
    for (const [i, [stream, written]] of cases.entries()) {
      stream.write(written)
      const error = await failure(stream)
      if (!isDaybookError(error)) throw new Error(`case ${i}`, { cause: error })
      t.equal(error.code, 'ERR_DAYBOOK_INVALID_ARG')
      t.equal(error.acknowledged, 0)
      if (i === 0) t.equal(error.cause, cause)
    }
    t.equal(await book.tail(), -1)
  })

  scenario('a log that closes in the middle fails the stream, which says how far it came', async (scene) => {
    const { t, log, book } = scene
    const stream = book.writable()
    const error = failure(stream)
    await new Promise((resolve) => stream.write(bytes('1'), resolve))
    stream.write(bytes('2'))
    stream.write(bytes('too late'))
    await log.close()
    const found = await error
    if (!isDaybookError(found)) throw new Error('another error', { cause: found })
    t.equal(found.code, 'ERR_DAYBOOK_CLOSED')
    t.equal(found.outcome, 'notWritten')
    const again = (await scene.open()).book('book')
    t.same((await collect(again.read())).map(text), ['1', '2'].slice(0, found.acknowledged))
    t.ok(found.acknowledged === 2, 'what was under way has settled')
    throws(t, () => book.writable(), closed, 'a closed log')
    throws(t, () => book.writableStream(), closed, 'a closed log')
  })

  scenario('a callback that throws fails the stream', async ({ t, book }) => {
    const reason = new Error('from the callback')
    const stream = book.writable({
      onAcknowledged: () => {
        throw reason
      },
    })
    stream.write(bytes('x'))
    t.equal(await failure(stream), reason)
    t.equal((await collect(book.read())).length, 1)
  })

  scenario('destroyed in the middle it closes when what is under way has settled', async ({ t, book }) => {
    const told: number[] = []
    const stream = book.writable({ onAcknowledged: (given) => told.push(...given) })
    stream.write(bytes('under way'))
    stream.write(bytes('waits'))
    stream.destroy()
    t.equal(stream.closed, false)
    await once(stream, 'close')
    t.equal(told.length, 1)
    await book.append(bytes('behind'))
    t.same((await collect(book.read())).map(text), ['under way', 'behind'])
  })

  scenario('an abort destroys it with the reason, and no listener is left', async ({ t, book }) => {
    const controller = new AbortController()
    const { signal } = controller
    const good = book.writable({ signal })
    good.end(bytes('good'))
    await finished(good)
    t.equal(getEventListeners(signal, 'abort').length, 0, 'after the end')
    const stream = book.writable({ signal })
    stream.write(bytes('under way'))
    stream.write(bytes('waits'))
    const reason = new Error('enough')
    controller.abort(reason)
    t.equal(await failure(stream), reason)
    t.equal(getEventListeners(signal, 'abort').length, 0, 'after the abort')
    t.equal(await failure(book.writable({ signal })), reason, 'a signal that has aborted')
    const odd = await failure(book.writable({ signal: AbortSignal.abort('a text') }))
    t.match(odd, { name: 'AbortError', cause: 'a text' })
    t.same((await collect(book.read())).map(text), ['good', 'under way'])
  })

  scenario(
    'an abort ends the waiting for room',
    async ({ t, book }) => {
      const append = book.append(Buffer.alloc(65_536))
      const controller = new AbortController()
      const stream = book.writable({ signal: controller.signal })
      stream.write(bytes('never'))
      controller.abort()
      t.match(await failure(stream), { name: 'AbortError' })
      await append
      t.equal((await collect(book.read())).length, 1)
    },
    { maxPendingBytes: 65_536 },
  )

  scenario('wrong options are refused', async ({ t, book }) => {
    const given = [
      { highWaterMark: 0 },
      { highWaterMark: 65_537 },
      { highWaterMark: '5' },
      { items: 1 },
      { items: true, tags: ['a'] },
      { tags: 'a' },
      { tags: [5] },
      { onAcknowledged: true },
      { durability: 'never' },
      { signal: {} },
      { objectMode: false },
      5,
    ]
    for (const options of given) {
      throws(t, () => book.writable(wrong(options)), invalid, JSON.stringify(options))
      throws(t, () => book.writableStream(wrong(options)), invalid, JSON.stringify(options))
    }
  })
}
