// Aux data: bytes that are kept beside records as long as there is room, and are never out of date.

import type { LogRecord } from '../../../src/log/types.js'
import { appendAll, bytes, closed, collect, invalid, type Suite, shape, throws, wrong } from './harness.js'

const auxText = (record: LogRecord<unknown> | null) =>
  record?.aux === undefined ? undefined : Buffer.from(record.aux).toString()

export function auxSuite({ scenario }: Suite): void {
  scenario('what is set beside a record is seen by every read of it', async ({ t, book }) => {
    const [first = -1, second = -1, third = -1] = await appendAll(book, [['a'], ['a'], ['b']])
    t.equal((await book.get(first))?.aux, undefined, 'nothing is set')
    book.setAux(second, bytes('view 2'))
    book.setAux(third, bytes('view 3'))
    t.equal(auxText(await book.get(second)), 'view 2')
    t.equal(auxText(book.getSync(second)), 'view 2')
    t.equal(auxText(await book.readNext({ tag: 'a', after: first })), 'view 2')
    t.equal(auxText(await book.readPrev({ tag: 'b' })), 'view 3')
    t.equal(auxText(book.readPrevSync()), 'view 3')
    t.same((await collect(book.read())).map(auxText), [undefined, 'view 2', 'view 3'])
    t.same((await collect(book.read({ reverse: true }))).map(auxText), ['view 3', 'view 2', undefined])
  })

  scenario('what is set last counts, in every handle', async ({ t, log, book, open }) => {
    const [seqnum = -1] = await appendAll(book, [[]])
    const other = (await open()).book('book')
    book.setAux(seqnum, bytes('old'))
    t.equal(auxText(await other.get(seqnum)), 'old')
    other.setAux(seqnum, bytes('new'))
    t.equal(auxText(await book.get(seqnum)), 'new')
    book.setAux(seqnum, bytes(''))
    t.equal(auxText(await other.get(seqnum)), '', 'no bytes are bytes too')
    await log.close()
    t.equal(auxText(await other.get(seqnum)), '', 'it belongs to the log, not to a handle')
  })

  scenario('a record shows what was there when somebody first looked', async ({ t, book }) => {
    const [seqnum = -1] = await appendAll(book, [[]])
    const early = await book.get(seqnum)
    book.setAux(seqnum, bytes('one'))
    t.equal(auxText(early), 'one', 'looked up at the first look')
    book.setAux(seqnum, bytes('two'))
    t.equal(auxText(early), 'one')
    t.equal(auxText(await book.get(seqnum)), 'two')
  })

  scenario('bytes are copied on their way in and out', async ({ t, book }) => {
    const [seqnum = -1] = await appendAll(book, [[]])
    const given = bytes('mine')
    book.setAux(seqnum, given)
    given.fill(0)
    const record = await book.get(seqnum)
    t.equal(auxText(record), 'mine')
    record?.aux?.fill(0)
    t.equal(auxText(await book.get(seqnum)), 'mine')
    const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(0x61)
    book.setAux(seqnum, shared)
    shared.fill(0)
    t.equal(auxText(await book.get(seqnum)), 'aaaa')
    const large = Buffer.alloc(1024 * 1024, 7)
    book.setAux(seqnum, large)
    t.ok(large.equals((await book.get(seqnum))?.aux as Uint8Array))
  })

  scenario('copy keeps it, over memory of its own', async ({ t, book }) => {
    const [seqnum = -1] = await appendAll(book, [['tag']])
    book.setAux(seqnum, bytes('kept'))
    const record = await book.get(seqnum)
    const copy = record?.copy() ?? null
    t.equal(auxText(copy), 'kept')
    record?.aux?.fill(0)
    t.equal(auxText(copy), 'kept')
    t.same(shape(copy as LogRecord<unknown>), shape(record as LogRecord<unknown>))
    t.same(Object.keys(record ?? {}).sort(), ['seqnum', 'timestamp'], 'no property of its own')
  })

  scenario('another book sees none of it, whatever seqnum it names', async ({ t, log, book }) => {
    const other = log.book('other')
    const [mine = -1] = await appendAll(book, [[]])
    const [theirs = -1] = await appendAll(other, [[]])
    const [last = -1] = await appendAll(book, [[]])
    book.setAux(mine, bytes('mine'))
    book.setAux(theirs, bytes('not a record of this book'))
    other.setAux(mine, bytes('nor of that'))
    t.same((await collect(book.read())).map(auxText), ['mine', undefined])
    t.same((await collect(other.read())).map(auxText), [undefined])
    t.equal((await book.get(last))?.aux, undefined)
  })

  scenario('a trim and a drop take it along, and what is trimmed takes none', async ({ t, log, book }) => {
    const seqnums = await appendAll(book, [[], [], [], []])
    const records = await collect(book.read())
    for (const seqnum of seqnums) book.setAux(seqnum, bytes(`at ${seqnum}`))
    await book.trim({ before: seqnums[2] as number })
    t.same(records.map(auxText), [undefined, undefined, `at ${seqnums[2]}`, `at ${seqnums[3]}`])
    book.setAux(seqnums[0] as number, bytes('too late'))
    const held = await collect(book.read())
    await log.drop('book')
    t.same(held.map(auxText), [undefined, undefined])
    book.setAux(seqnums[3] as number, bytes('too late'))
    const [fresh = -1] = await appendAll(book, [[]])
    t.equal((await book.get(fresh))?.aux, undefined, 'a book of the same name begins without')
  })

  scenario('retention takes it along too', async ({ t, book }) => {
    const [first = -1] = await appendAll(book, [[]])
    const record = await book.get(first)
    book.setAux(first, bytes('one'))
    await book.retain({ maxRecords: 1 })
    let turns = 0
    while ((await book.readNext())?.seqnum === first && turns++ < 2000) {
      await book.append(bytes('x'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    t.equal(record?.aux, undefined)
  })

  scenario(
    'memory is bounded, and what was not used for longest goes first',
    async ({ t, book }) => {
      const seqnums = await appendAll(
        book,
        Array.from({ length: 100 }, () => []),
      )
      const [first = -1, second = -1] = seqnums
      for (const seqnum of seqnums) {
        book.setAux(seqnum, Buffer.alloc(1000, String(seqnum % 10)))
        t.ok((await book.get(first))?.aux !== undefined, 'used all the time')
      }
      t.equal((await book.get(second))?.aux, undefined)
      const kept = (await collect(book.read())).filter((record) => record.aux !== undefined)
      t.ok(kept.length > 3 && kept.length < 10, `${kept.length} have room`)
      t.equal(kept.at(-1)?.seqnum, seqnums.at(-1))
      book.setAux(first, Buffer.alloc(20_000))
      t.equal((await book.get(first))?.aux, undefined, 'too large for all of the room: the old bytes go too')
    },
    { auxBytes: 10_000 },
  )

  scenario(
    'without room for it there is none, and nothing else changes',
    async ({ t, book }) => {
      const [seqnum = -1] = await appendAll(book, [[]])
      book.setAux(seqnum, bytes('x'))
      t.equal((await book.get(seqnum))?.aux, undefined)
    },
    { auxBytes: 0 },
  )

  scenario('bad arguments are refused, and a closed log takes none', async ({ t, log, book }) => {
    const empty = { ...invalid, base: RangeError }
    throws(t, () => book.setAux(0, bytes('x')), invalid, 'in an empty book')
    const [seqnum = -1] = await appendAll(book, [[]])
    for (const above of [seqnum + 1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
      throws(t, () => book.setAux(above, bytes('x')), invalid, 'above the tail')
    }
    for (const place of [-1, -2, 0.5, Number.NaN]) {
      throws(t, () => book.setAux(place, bytes('x')), empty, 'no seqnum')
    }
    throws(t, () => book.setAux(wrong('0'), bytes('x')), { ...invalid, base: TypeError }, 'a string')
    for (const value of ['text', null, undefined, 1, [1], new ArrayBuffer(1), new Uint16Array(1)]) {
      throws(t, () => book.setAux(seqnum, wrong(value)), { ...invalid, base: TypeError }, 'no bytes')
    }
    const detached = Buffer.from(new ArrayBuffer(8))
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    throws(t, () => book.setAux(seqnum, detached), invalid, 'bytes that have gone')
    const large = { code: 'ERR_DAYBOOK_TOO_LARGE', message: /auxValueBytesMax/ } as const
    throws(t, () => book.setAux(seqnum, Buffer.alloc(1024 * 1024 + 1)), large, 'more than 1 MiB')
    const record = await book.get(seqnum)
    t.equal(record?.aux, undefined, 'none of this has set anything')
    book.setAux(seqnum, bytes('x'))
    await log.close()
    throws(t, () => book.setAux(seqnum, bytes('x')), closed, 'on a closed log')
  })

  scenario(
    'a record outlives its log, and has none then unless somebody looked',
    async ({ t, log, book }) => {
      const [seqnum = -1] = await appendAll(book, [[]])
      book.setAux(seqnum, bytes('x'))
      const looked = await book.get(seqnum)
      const unseen = await book.get(seqnum)
      t.equal(auxText(looked), 'x')
      await log.close()
      t.equal(auxText(looked), 'x')
      t.equal(unseen?.aux, undefined)
    },
  )

  scenario('it ends with the log, unless it was to be kept', async ({ t, log, book, open }) => {
    const [seqnum = -1] = await appendAll(book, [[]])
    book.setAux(seqnum, bytes('x'))
    await log.close()
    t.equal((await (await open()).book('book').get(seqnum))?.aux, undefined)
  })
}
