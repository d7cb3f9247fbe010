// What a record is: time stamps, shared memory, copies, and what shows when it is printed.

import { inspect } from 'node:util'
import { appendAll, bytes, collect, type Suite, shape, text } from './harness.js'

export function recordSuite({ scenario }: Suite): void {
  scenario('time stamps are the time of ordering, and never go back', async ({ t, log, book }) => {
    const other = log.book('other')
    const begin = Date.now()
    for (let i = 0; i < 10; i++) await Promise.all([book.append(bytes('a')), other.append(bytes('b'))])
    const end = Date.now()
    const records = [...(await collect(book.read())), ...(await collect(other.read()))]
    records.sort((a, b) => a.seqnum - b.seqnum)
    const stamps = records.map((record) => record.timestamp)
    t.same(
      stamps,
      [...stamps].sort((a, b) => a - b),
    )
    for (const stamp of stamps) {
      t.ok(Number.isSafeInteger(stamp))
      // The clock of the log may be read a little earlier, or be ahead by a step of its resolution.
      t.ok(stamp >= begin - 1000 && stamp <= end + 1000, 'milliseconds since 1970')
    }
  })

  scenario('seqnumAt finds the first record of a time', async ({ t, book }) => {
    t.equal(await book.seqnumAt(new Date()), 0, 'an empty book: the tail, which is -1, plus 1')
    for (let i = 0; i < 4; i++) {
      await book.append(bytes('x'))
      await new Promise((resolve) => setTimeout(resolve, 4))
    }
    const records = await collect(book.read())
    const tail = await book.tail()
    for (const { timestamp } of records) {
      for (const time of [timestamp - 1, timestamp, timestamp + 1]) {
        const expected = records.find((record) => record.timestamp >= time)?.seqnum ?? tail + 1
        t.equal(await book.seqnumAt(new Date(time)), expected)
      }
    }
    t.equal(await book.seqnumAt(new Date(0)), records[0]?.seqnum)
    t.equal(await book.seqnumAt(new Date(-1)), records[0]?.seqnum)
    t.equal(await book.seqnumAt(new Date(8.64e15)), tail + 1)
  })

  scenario('what a program does to the bytes of a record stays there', async ({ t, book }) => {
    const [seqnum = -1] = await appendAll(book, [['tag'], ['tag'], []])
    const before = (await collect(book.read())).map(shape)
    for (const record of await collect(book.read())) {
      record.data.fill(0xff)
      ;(record.tags as string[]).push('more')
    }
    const one = await book.get(seqnum)
    one?.data.fill(0xee)
    t.same((await collect(book.read())).map(shape), before)
  })

  scenario('data and tags of one record are always the same objects', async ({ t, book }) => {
    const record = await book.get(await book.append(bytes('x'), { tags: ['tag'] }))
    t.ok(record !== null)
    if (record === null) return
    t.equal(record.data, record.data)
    t.equal(record.tags, record.tags)
    t.equal(record.value, record.data, 'without a codec the value is the data')
  })

  scenario('copy detaches a record', async ({ t, book }) => {
    await book.append(bytes('first'), { tags: ['a', 'ü'] })
    await book.append(bytes('second'))
    const [record] = await collect(book.read())
    if (record === undefined) throw new Error('there is a record')
    const copy = record.copy()
    t.same(shape(copy), shape(record))
    record.data.fill(0x21)
    t.equal(text(copy), 'first')
    t.equal(copy.data.byteLength, copy.data.buffer.byteLength, 'the memory is its own')
    const moved = structuredClone(copy.data, { transfer: [copy.data.buffer as ArrayBuffer] })
    t.equal(Buffer.from(moved).toString(), 'first')
    t.equal(text(await book.readNext()), 'first', 'the log has not noticed')
  })

  scenario('records are immutable in place and time, and print without payload', async ({ t, book }) => {
    const seqnum = await book.append(bytes('a secret payload'), { tags: ['visible'] })
    const record = await book.get(seqnum)
    const printed = inspect(record)
    t.match(printed, new RegExp(`seqnum: ${seqnum}`))
    t.match(printed, /visible/)
    t.notMatch(printed, /secret/)
    t.notMatch(printed, new RegExp(bytes('secret').toString('hex')))
  })
}
