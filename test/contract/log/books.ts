// The list of books, and their end.

import type { BookInfo, Log } from '../../../src/log/types.js'
import {
  appendAll,
  bytes,
  closed,
  collect,
  invalid,
  isWaiting,
  rejects,
  type Suite,
  seqnums,
  soon,
  text,
  wrong,
} from './harness.js'

const trimmed = { code: 'ERR_DAYBOOK_TRIMMED' } as const

async function names(log: Log, options?: Parameters<Log['books']>[0]): Promise<string[]> {
  return (await log.books(options)).map(({ name }) => name)
}

async function infoOf(log: Log, name: string): Promise<BookInfo | undefined> {
  return (await log.books({ prefix: name, limit: 1 })).find((info) => info.name === name)
}

export function booksSuite({ scenario }: Suite): void {
  scenario('a book exists from what is first written to it on', async ({ t, log }) => {
    t.same(await log.books(), [])
    const [appended, trimmedOnly, retaining] = ['appended', 'trimmed', 'retaining'].map((b) => log.book(b))
    t.same(await log.books(), [], 'a view makes no book')
    await appended?.read()[Symbol.asyncIterator]().next()
    t.same(await log.books(), [], 'nor does a read')
    await appended?.append(bytes('x'))
    await trimmedOnly?.trim({ before: 5 })
    await retaining?.retain({ maxRecords: 10 })
    t.same(await names(log), ['appended', 'retaining', 'trimmed'])
  })

  scenario('names are in the order of their bytes', async ({ t, log }) => {
    const sorted = ['!', 'A', 'Z', 'a', 'a\0', 'aa', 'ab', 'é', '￿', '\u{10000}', '\u{1f600}']
    await Promise.all([...sorted].reverse().map((name) => log.book(name).append(bytes('x'))))
    t.same(await names(log), sorted)
    t.same(
      sorted,
      [...sorted].sort((one, other) => Buffer.compare(bytes(one), bytes(other))),
    )
    for (const [i, name] of sorted.entries()) {
      t.same(await names(log, { afterName: name }), sorted.slice(i + 1), `behind ${JSON.stringify(name)}`)
    }
  })

  scenario('a list can be had in part, and in pages', async ({ t, log }) => {
    const all = Array.from({ length: 25 }, (_, i) => `room:${String(i).padStart(2, '0')}`)
    await Promise.all([...all, 'other', 'roo'].map((name) => log.book(name).append(bytes('x'))))
    t.same(await names(log, { prefix: 'room:' }), all)
    t.same(await names(log, { prefix: 'room:1' }), all.slice(10, 20))
    t.same(await names(log, { prefix: 'absent' }), [])
    t.same(await names(log, { prefix: '', limit: 2 }), ['other', 'roo'])
    t.same(await names(log, { limit: 0 }), [])
    const paged: string[] = []
    for (let page = 0; page < 10; page++) {
      const found = await names(log, { prefix: 'room:', afterName: paged.at(-1), limit: 4 })
      t.ok(found.length <= 4)
      paged.push(...found)
    }
    t.same(paged, all)
  })

  scenario('books are there after reopening', async ({ t, world, log, open }) => {
    await log.book('one').append(bytes('x'))
    await log.book('two').retain({ maxAge: 1000, maxBytes: 2 ** 40, maxRecords: 3 })
    await log.close()
    const again = await open()
    t.same(await names(again), ['one', 'two'])
    t.same((await infoOf(again, 'two'))?.retention, { maxAge: 1000, maxBytes: 2 ** 40, maxRecords: 3 })
    t.type(world, 'object')
  })

  scenario('what a dropped book held never comes back', async ({ t, log, open }) => {
    const book = log.book('doomed')
    const given = await appendAll(book, [['a'], ['b'], ['a']])
    const kept = await log.book('kept').append(bytes('kept'))
    await log.drop('doomed')
    t.same(await names(log), ['kept'])
    t.same(await collect(book.read()), [])
    t.equal(await book.tail({ tag: 'a' }), -1)
    await rejects(t, () => book.get(given[1] as number), trimmed, 'get')
    await log.close()
    const again = await open()
    t.same(await names(again), ['kept'])
    t.equal(text(await again.book('kept').get(kept)), 'kept')
    t.same(await collect(again.book('doomed').read()), [])
    const next = await again.book('doomed').append(bytes('new'), { tags: ['a'] })
    t.ok(next > kept, 'seqnums go on')
    t.same(await names(again), ['doomed', 'kept'])
    t.same(await seqnums(again.book('doomed').read()), [next])
    await again.close()
    const last = await open()
    t.same(await seqnums(last.book('doomed').read({ tag: 'a' })), [next], 'and after reopening once more')
  })

  scenario('a view outlives its book, and begins the next one', async ({ t, log, book }) => {
    await book.append(bytes('old'))
    await book.retain({ maxRecords: 100 })
    for (let i = 0; i < 3; i++) {
      await log.drop('book')
      t.same(await log.books(), [])
      const seqnum = await book.append(bytes(String(i)))
      t.same(await seqnums(book.read()), [seqnum])
      t.equal((await infoOf(log, 'book'))?.retention, null, 'what the old book was told is forgotten')
    }
  })

  scenario('dropping a book that does not exist changes nothing', async ({ t, log, book }) => {
    await log.drop('never')
    await log.drop('book')
    await book.append(bytes('x'))
    await log.drop('boo')
    t.same(await names(log), ['book'])
    await Promise.all([log.drop('book'), log.drop('book'), log.drop('book')])
    t.same(await names(log), [])
  })

  scenario('a drop keeps its place among the appends of its handle', async ({ t, log, book }) => {
    const [before, , after] = await Promise.all([
      book.append(bytes('before')),
      log.drop('book'),
      book.append(bytes('after')),
    ])
    t.same(await seqnums(book.read()), [after])
    t.same(await names(log), ['book'])
    await rejects(t, () => book.get(before), trimmed, 'get')
  })

  scenario(
    'drops beside the appends of another handle lose nothing that comes later',
    async ({ t, log, open }) => {
      const there = (await open()).book('busy')
      for (let i = 0; i < 20; i++) {
        const [seqnum] = await Promise.all([there.append(bytes(String(i))), log.drop('busy')])
        const found = await seqnums(there.read())
        t.ok(found.length === 0 || found[0] === seqnum, 'the record is behind the drop, or gone with it')
        t.same(await names(log), found.length === 0 ? [] : ['busy'])
      }
      const last = await there.append(bytes('last'))
      t.equal(await there.tail(), last)
      t.same(await names(log), ['busy'])
    },
  )

  scenario('a live reader goes on through a drop', async ({ t, log, book }) => {
    await appendAll(book, [[], []])
    const iterator = book.read({ live: true })[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    const waiting = iterator.next()
    await log.drop('book')
    t.ok(await isWaiting(waiting))
    await book.append(bytes('new'))
    t.equal(text((await soon(waiting, 'the record')).value), 'new')
    await iterator.return?.()
  })

  scenario('what a book keeps is told, replaced and lifted', async ({ t, log, book }) => {
    await book.append(bytes('x'))
    t.equal((await infoOf(log, 'book'))?.retention, null)
    for (const retention of [{ maxRecords: 7 }, { maxAge: 60_000, maxBytes: 1 }, { maxBytes: 2 ** 53 - 1 }]) {
      await book.retain(retention)
      t.same((await infoOf(log, 'book'))?.retention, retention)
    }
    await book.retain({ maxRecords: 5, maxAge: undefined })
    t.same((await infoOf(log, 'book'))?.retention, { maxRecords: 5 })
    await book.retain(null)
    t.equal((await infoOf(log, 'book'))?.retention, null)
  })

  scenario('arguments about books are checked', async ({ t, log, book }) => {
    const lists = [
      { prefix: 5 },
      { prefix: '\ud800' },
      { afterName: 'x'.repeat(256) },
      { limit: -1 },
      { after: 'a' },
      5,
    ]
    for (const options of lists) {
      await rejects(t, () => log.books(wrong(options)), invalid, `books(${JSON.stringify(options)})`)
    }
    for (const name of [undefined, '', 5, 'x'.repeat(256), '\udfff']) {
      await rejects(t, () => log.drop(wrong(name)), invalid, `drop(${JSON.stringify(name)})`)
    }
    const none = [undefined, {}, { maxAge: undefined }, { maxAge: 0 }, { maxBytes: 1.5 }, { maxRecords: -1 }]
    const odd = [{ maxRecords: Number.POSITIVE_INFINITY }, { maxRecords: '5' }, { maxage: 5 }, [], 5]
    for (const retention of [...none, ...odd]) {
      await rejects(t, () => book.retain(wrong(retention)), invalid, `retain(${JSON.stringify(retention)})`)
    }
    t.same(await log.books(), [], 'and nothing has come of them')
  })

  scenario('a closed log lists, drops and retains nothing', async ({ t, log, book }) => {
    await log.close()
    await rejects(t, () => log.books(), closed, 'books')
    await rejects(t, () => log.books({ limit: 0 }), closed, 'books')
    await rejects(t, () => log.drop('book'), closed, 'drop')
    await rejects(t, () => log.drop('never'), closed, 'drop')
    await rejects(t, () => book.retain(null), closed, 'retain')
  })
}
