// Readers that end at the tail: batches, single use, leaving early.

import { Readable } from 'node:stream'
import {
  appendAll,
  bytes,
  closed,
  collect,
  invalid,
  rejects,
  type Suite,
  seqnums,
  soon,
  text,
  throws,
} from './harness.js'

const nothing = (count: number) => Array.from({ length: count }, () => ({ data: new Uint8Array(0) }))

export function readerSuite({ scenario }: Suite): void {
  scenario('many records come complete and in order, by record and by batch', async ({ t, book }) => {
    const count = 5000
    const items = Array.from({ length: count }, (_, i) => ({
      data: bytes(String(i)),
      tags: [`third:${i % 3}`],
    }))
    const given = await book.appendMany(items)
    t.same(await seqnums(book.read()), given)
    t.same(await seqnums(book.read({ reverse: true })), [...given].reverse())
    const batches = await collect(book.read({ tag: 'third:1' }).batches())
    t.ok(batches.length > 1, 'so many records are more than one batch')
    for (const batch of batches) t.ok(batch.length > 0, 'no batch is empty')
    t.same(
      batches.flat().map(text),
      items.map((_, i) => String(i)).filter((i) => Number(i) % 3 === 1),
    )
    t.equal((await collect(book.read({ limit: 777 }).batches())).flat().length, 777)
    t.same(await seqnums(book.read({ limit: 100, reverse: true })), given.slice(-100).reverse())
  })

  scenario('records larger than a batch can hold come one by one', async ({ t, book }) => {
    const mebibyte = 2 ** 20
    for (let i = 0; i < 9; i++) await book.append(Buffer.alloc(mebibyte, String(i)))
    const records = await collect(book.read())
    t.same(
      records.map((record) => String.fromCharCode(record.data[mebibyte - 1] ?? 0)),
      [...'012345678'],
    )
    const backward = await collect(book.read({ reverse: true }))
    t.same(
      backward.map((record) => String.fromCharCode(record.data[0] ?? 0)),
      [...'876543210'],
    )
  })

  scenario('appends in the body of the loop do not keep it going', async ({ t, book }) => {
    await book.appendMany(nothing(300))
    let seen = 0
    const loop = async (): Promise<void> => {
      for await (const record of book.read()) {
        seen++
        if (seen > 3000) throw new Error('the reader follows what is appended')
        await book.append(record.data)
      }
    }
    await soon(loop(), 'the loop')
    t.ok(seen >= 300)
  })

  scenario('a reader is used once', async ({ t, book }) => {
    await appendAll(book, [[], []])
    const byRecord = book.read()
    t.equal((await collect(byRecord)).length, 2)
    throws(t, () => byRecord[Symbol.asyncIterator](), invalid, 'again by record')
    throws(t, () => byRecord.batches(), invalid, 'again by batch')
    await rejects(t, () => collect(byRecord), invalid, 'in a loop')
    const byBatch = book.read()
    t.equal((await collect(byBatch.batches())).flat().length, 2)
    throws(t, () => byBatch.batches(), invalid, 'batches twice')
    throws(t, () => byBatch[Symbol.asyncIterator](), invalid, 'records after batches')
  })

  scenario('break ends a reader', async ({ t, book }) => {
    await book.appendMany(nothing(200))
    const reader = book.read()
    const iterator = reader[Symbol.asyncIterator]()
    let seen = 0
    for await (const _ of iterator) if (++seen === 5) break
    t.same(await iterator.next(), { done: true, value: undefined })
    t.same(await iterator.return?.(), { done: true, value: undefined }, 'return is idempotent')
    const batches = book.read().batches()
    for await (const _ of batches) break
    t.same(await batches.next(), { done: true, value: undefined })
  })

  scenario('an error in the body of the loop passes through', async ({ t, book }) => {
    await book.appendMany(nothing(3))
    const failing = async (): Promise<void> => {
      for await (const _ of book.read()) throw new Error('from the body')
    }
    await t.rejects(failing(), { message: 'from the body' })
  })

  scenario('the end of a reader is final', async ({ t, book }) => {
    const iterator = book.read()[Symbol.asyncIterator]()
    t.same(await iterator.next(), { done: true, value: undefined })
    await book.append(bytes('late'))
    t.same(await iterator.next(), { done: true, value: undefined })
  })

  scenario('steps asked for without waiting come in order', async ({ t, book }) => {
    const given = await book.appendMany(nothing(150))
    const iterator = book.read()[Symbol.asyncIterator]()
    const steps = await Promise.all(Array.from({ length: 160 }, () => iterator.next()))
    t.same(
      steps.slice(0, 150).map((step) => step.value?.seqnum),
      given,
    )
    for (const step of steps.slice(150)) t.same(step, { done: true, value: undefined })
  })

  scenario('disposing of a reader ends it', async ({ t, book }) => {
    await book.appendMany(nothing(10))
    const iterator = await (async () => {
      await using reader = book.read()
      const inner = reader[Symbol.asyncIterator]()
      t.equal((await inner.next()).done, false)
      return inner
    })()
    t.same(await iterator.next(), { done: true, value: undefined })
    await book.read()[Symbol.asyncDispose]()
  })

  scenario('a reader works as a stream', async ({ t, book }) => {
    const given = await book.appendMany(nothing(100))
    const stream = Readable.from(book.read())
    t.same(await seqnums(stream), given)
  })

  scenario('closing the log during an iteration fails the iteration, once', async ({ t, log, book }) => {
    await book.appendMany(nothing(3000))
    const iterator = book.read()[Symbol.asyncIterator]()
    await iterator.next()
    await log.close()
    const drain = async (): Promise<void> => {
      for await (const _ of iterator);
    }
    await rejects(t, drain, closed, 'the rest')
    t.same(await iterator.next(), { done: true, value: undefined })
  })

  scenario('a reader that is never used holds up nothing', async ({ t, log, book }) => {
    await book.appendMany(nothing(3))
    book.read()
    book.read({ live: true })
    const begun = book.read({ live: true })[Symbol.asyncIterator]()
    await begun.next()
    await soon(log.close(), 'close')
    t.equal(log.status.state, 'closed')
  })

  scenario('reads that run side by side do not disturb each other', async ({ t, book }) => {
    const given = await appendAll(
      book,
      Array.from({ length: 400 }, (_, i) => [`t${i % 4}`]),
    )
    const reads = Array.from({ length: 12 }, (_, i) =>
      seqnums(book.read({ tag: `t${i % 4}`, reverse: i % 2 === 1 })),
    )
    for (const [i, found] of (await Promise.all(reads)).entries()) {
      const expected = given.filter((_, k) => k % 4 === i % 4)
      t.same(found, i % 2 === 1 ? expected.reverse() : expected)
    }
  })
}
