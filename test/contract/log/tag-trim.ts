// Trims of a tag: a record below the mark does not carry it any more, and is gone with the last one.

import type { Book, LogRecord, Query, ReadOptions } from '../../../src/log/types.js'
import {
  appendAll,
  bytes,
  collect,
  invalid,
  rejects,
  type Suite,
  seqnums,
  text,
  throws,
  wrong,
} from './harness.js'

const trimmed = { code: 'ERR_DAYBOOK_TRIMMED' } as const
const all = Number.POSITIVE_INFINITY

const tagsOf = async (records: AsyncIterable<LogRecord<Uint8Array>>): Promise<(readonly string[])[]> =>
  (await collect(records)).map(({ tags }) => tags)

export function tagTrimSuite({ scenario }: Suite): void {
  scenario('a record does not carry a trimmed tag, in any read', async ({ t, log, book }) => {
    const given = await appendAll(book, [['a'], ['a', 'b'], ['b', 'a', 'c'], [], ['c'], ['a', 'b']])
    const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = given
    const other = await log.book('other').append(bytes('other'), { tags: ['a'] })
    await book.trim({ tag: 'a', before: fifth })
    t.same(await seqnums(book.read()), [second, third, fourth, fifth, sixth], 'the first one is gone')
    t.same(await tagsOf(book.read()), [['b'], ['b', 'c'], [], ['c'], ['a', 'b']])
    t.same(await tagsOf(book.read({ reverse: true })), [['a', 'b'], ['c'], [], ['b', 'c'], ['b']])
    t.same(await seqnums(book.read({ tag: 'a' })), [sixth])
    t.same(await seqnums(book.read({ tag: 'b' })), [second, third, sixth])
    t.same(await tagsOf(book.read({ tag: 'b' })), [['b'], ['b', 'c'], ['a', 'b']])
    t.equal(await book.readPrev({ tag: 'a', before: sixth }), null)
    t.equal((await book.readNext())?.seqnum, second)
    t.equal(book.readNextSync({ tag: 'a' })?.seqnum, sixth)
    t.equal(book.tailSync({ tag: 'c' }), fifth)
    t.equal(await book.seqnumAt(new Date(0)), second)
    t.same((await book.get(third))?.tags, ['b', 'c'])
    t.same((await collect(book.read())).map(text), ['1', '2', '3', '4', '5'], 'the bytes are theirs')
    await rejects(t, () => book.get(first), trimmed, 'get of what is gone')
    throws(t, () => book.getSync(first), trimmed, 'getSync of what is gone')
    t.same((await log.book('other').get(other))?.tags, ['a'], 'other books keep theirs')
  })

  scenario('queries see what is left', async ({ t, book }) => {
    const given = await appendAll(book, [['a', 'b'], ['a'], ['b', 'c'], ['a', 'b', 'c'], ['a', 'c']])
    await book.trim({ tag: 'a', before: given[4] as number })
    const ask = (match: Query) => seqnums(book.read({ match }))
    t.same(await ask({ all: ['a', 'b'] }), [])
    t.same(await ask({ all: ['a', 'c'] }), [given[4]])
    t.same(await ask({ any: ['a', 'b'] }), [given[0], given[2], given[3], given[4]])
    t.same(await ask({ any: [{ all: ['a', 'b'] }, { all: ['b', 'c'] }] }), [given[2], given[3]])
    t.equal(await book.tail({ match: { all: ['a', 'b'] } }), -1)
    t.equal(book.tailSync({ match: { any: [{ all: ['a', 'b'] }, 'b'] } }), given[3])
  })

  scenario(
    'a record is gone when all its tags are trimmed, one without tags is not',
    async ({ t, log, book }) => {
      const given = await appendAll(book, [['a', 'b'], [], ['b'], ['a', 'a']])
      await book.trim({ tag: 'a', before: all })
      t.same(await seqnums(book.read()), given.slice(0, 3))
      await book.trim({ tag: 'b', before: given[1] as number })
      t.same(await seqnums(book.read()), given.slice(1, 3))
      await book.trim({ tag: 'b', before: all })
      t.same(await seqnums(book.read()), [given[1]])
      t.equal(await book.tail(), given[1])
      for (const seqnum of [given[0], given[2], given[3]]) {
        await rejects(t, () => book.get(seqnum as number), trimmed, `get(${seqnum})`)
      }
      t.equal(text(await book.get(given[1] as number)), '1')
      await book.trim({ before: all })
      await rejects(t, () => book.get(given[1] as number), trimmed, 'it goes with its book')
      const next = await book.append(bytes('next'), { tags: ['a', 'b'] })
      t.same((await log.book('book').get(next))?.tags, ['a', 'b'], 'what comes later keeps its tags')
    },
  )

  scenario('marks survive reopening, and never go back', async ({ t, world, log, book }) => {
    const given = await appendAll(book, [['a'], ['a', 'b'], ['a'], ['b', 'a']])
    await book.trim({ tag: 'a', before: given[3] as number })
    await book.trim({ tag: 'a', before: given[1] as number })
    await book.trim({ tag: 'a', before: -1 })
    await book.trim({ tag: 'nobody', before: all })
    const check = async (seen: Book): Promise<void> => {
      t.same(await seqnums(seen.read()), [given[1], given[3]])
      t.same(await tagsOf(seen.read()), [['b'], ['b', 'a']])
      t.same(await seqnums(seen.read({ tag: 'a' })), [given[3]])
      await rejects(t, () => seen.get(given[2] as number), trimmed, 'get')
    }
    await check(book)
    await log.close()
    const again = await world.open()
    try {
      await check(again.book('book'))
      const next = await again.book('book').append(bytes('next'), { tags: ['a', 'nobody'] })
      t.same(await seqnums(again.book('book').read({ tag: 'a' })), [given[3], next])
    } finally {
      await again.close()
    }
  })

  scenario('a trim ahead of the tail spares what comes later', async ({ t, book }) => {
    for (const before of [1000, Number.MAX_SAFE_INTEGER, all]) {
      await book.trim({ tag: 'a', before })
      t.equal(await book.tail({ tag: 'a' }), -1)
      const seqnum = await book.append(bytes('later'), { tags: ['a'] })
      t.same(await seqnums(book.read({ tag: 'a' })), [seqnum])
    }
  })

  scenario('conditions look past what is trimmed', async ({ t, book }) => {
    const [first = 0, second = 0] = await appendAll(book, [['a', 'b'], ['a']])
    const conflict = { code: 'ERR_DAYBOOK_CONFLICT', conflicts: [{ index: 0, actual: first }] } as const
    await book.trim({ tag: 'a', before: all })
    await book.append(bytes('x'), { expect: { tag: 'a', after: -1 } })
    await book.append(bytes('y'), { expect: { match: { all: ['a', 'b'] }, after: -1 } })
    const any = { match: { any: ['a', 'b'] }, after: -1 } as const
    await rejects(t, () => book.append(bytes('z'), { expect: any }), conflict, 'b is still there')
    // A trim and a condition on their way together: the trim is in front.
    const [, third] = await Promise.all([
      book.trim({ tag: 'b', before: all }),
      book.append(bytes('z'), { tags: ['c'], expect: any }),
    ])
    t.ok(third > second)
    await rejects(t, () => book.get(first), trimmed, 'get')
  })

  scenario('a condition on the whole book minds what has some tag left', async ({ t, book }) => {
    const [first = 0] = await appendAll(book, [['a', 'b']])
    await book.trim({ tag: 'a', before: all })
    const lost = { code: 'ERR_DAYBOOK_CONFLICT', conflicts: [{ index: 0, actual: first }] } as const
    await rejects(t, () => book.append(bytes('x'), { expect: { after: -1 } }), lost, 'b is left')
    await book.trim({ tag: 'b', before: all })
    await book.append(bytes('x'), { expect: { after: -1 } })
  })

  scenario('what is gone leaves the count of its book', async ({ t, log, book }) => {
    await book.appendMany(
      Array.from({ length: 30 }, (_, i) => ({ data: bytes('x'), tags: [`t${i % 3}`, 'all'] })),
    )
    await book.append(bytes('no tags'))
    const count = async (): Promise<number> => (await log.books())[0]?.records ?? -1
    const until = async (wanted: number): Promise<void> => {
      const deadline = Date.now() + 20_000
      while ((await count()) !== wanted && Date.now() < deadline)
        await new Promise((done) => setTimeout(done, 5))
      t.equal(await count(), wanted)
    }
    await book.trim({ tag: 't0', before: all })
    await until(31)
    await book.trim({ tag: 'all', before: all })
    await until(21)
    await book.trim({ tag: 't1', before: (await book.tail({ tag: 't1' })) as number })
    await until(12)
    await book.trim({ before: await book.tail() })
    await until(1)
  })

  scenario('onTrim: error minds trims of the tag that is read', async ({ t, book }) => {
    const given = await book.appendMany(
      Array.from({ length: 3000 }, (_, i) => ({
        data: bytes('x'),
        tags: ['a', i % 2 === 0 ? 'even' : 'odd'],
      })),
    )
    await book.trim({ tag: 'a', before: given[10] as number })
    const begin = (options: ReadOptions) => book.read({ ...options, onTrim: 'error' })[Symbol.asyncIterator]()
    const [tagged, queried, whole, other, behind] = [
      begin({ tag: 'a' }),
      begin({ match: { any: ['a', 'none'] } }),
      begin({}),
      begin({ tag: 'odd' }),
      begin({ tag: 'a', from: given[2900] as number }),
    ]
    for (const reader of [tagged, queried, whole, other, behind]) await reader.next()
    await book.trim({ tag: 'a', before: given[2800] as number })
    await book.trim({ tag: 'even', before: given[2800] as number })
    for (const [name, reader] of Object.entries({ tagged, queried, whole })) {
      await rejects(t, () => collect(reader), trimmed, name)
    }
    t.same(await seqnums(other), given.filter((_, i) => i % 2 === 1).slice(1))
    t.same(await seqnums(behind), given.slice(2901))
    t.same(await seqnums(begin({ tag: 'a' })), given.slice(2800), 'what was trimmed before is not missed')
    t.equal((await seqnums(begin({}))).length, 1400 + 200)
  })

  scenario('backwards it minds them when it meets them, not at its end', async ({ t, book }) => {
    const given = await book.appendMany(
      Array.from({ length: 3000 }, (_, i) => ({ data: bytes('x'), tags: [i % 2 === 0 ? 'even' : 'odd'] })),
    )
    const begin = (options: ReadOptions) =>
      book.read({ ...options, reverse: true, onTrim: 'error' })[Symbol.asyncIterator]()
    const readers = { limited: begin({ limit: 300 }), queried: begin({ match: { any: ['odd', 'even'] } }) }
    const tagged = begin({ tag: 'even', limit: 300 })
    for (const reader of [...Object.values(readers), tagged]) await reader.next()
    await book.trim({ tag: 'odd', before: given[2900] as number })
    for (const [name, reader] of Object.entries(readers)) {
      await rejects(t, () => collect(reader), trimmed, name)
    }
    t.equal((await seqnums(tagged)).length, 299)
  })

  scenario('a live reader at the tail does not mind, and skips what is gone', async ({ t, book }) => {
    await appendAll(book, [['a'], ['b']])
    const reader = book.read({ live: true, onTrim: 'error' })[Symbol.asyncIterator]()
    await reader.next()
    await reader.next()
    const waiting = reader.next()
    await book.trim({ tag: 'a', before: all })
    await book.trim({ tag: 'b', before: all })
    const seqnum = await book.append(bytes('new'), { tags: ['a', 'b'] })
    t.equal((await waiting).value?.seqnum, seqnum)
    t.same((await book.get(seqnum))?.tags, ['a', 'b'])
    await reader.return?.()
  })

  scenario('a book that is dropped and begun anew has no marks', async ({ t, log, book }) => {
    await appendAll(book, [['a'], ['a', 'b']])
    await book.trim({ tag: 'a', before: all })
    await log.drop('book')
    const seqnum = await book.append(bytes('x'), { tags: ['a'] })
    t.same(await seqnums(book.read({ tag: 'a' })), [seqnum])
    t.same(await tagsOf(book.read()), [['a']])
  })

  scenario('bad tags are refused', async ({ t, book }) => {
    for (const tag of ['', 'x'.repeat(256), 5, null, ['a']]) {
      await rejects(
        t,
        () => book.trim({ before: 1, tag: wrong(tag) }),
        invalid,
        `trim ${String(tag).slice(0, 9)}`,
      )
    }
    await rejects(t, () => book.trim(wrong({ before: 1, match: { all: ['a'] } })), invalid, 'trim of a query')
    await rejects(t, () => book.trim(wrong({ tag: 'a' })), invalid, 'trim without a mark')
  })
}
