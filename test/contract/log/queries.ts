// Queries: several tags at once, in every read that takes a tag.

import {
  appendAll,
  bytes,
  invalid,
  rejects,
  type Suite,
  seqnums,
  soon,
  text,
  throws,
  wrong,
} from './harness.js'

/** Who carries which of the tags a, b, c: record i those of the bits of i. */
const tagLists = Array.from({ length: 24 }, (_, i) => ['a', 'b', 'c'].filter((_, bit) => (i >> bit) & 1))

export function querySuite({ scenario }: Suite): void {
  scenario('all, any, and any of several all', async ({ t, log, book }) => {
    const given = await appendAll(book, tagLists)
    await log.book('other').append(bytes('other'), { tags: ['a', 'b', 'c'] })
    const having = (wanted: (tags: readonly string[]) => boolean) =>
      given.filter((_, i) => wanted(tagLists[i] as string[]))
    const queries = [
      [{ all: ['a'] }, having((tags) => tags.includes('a'))],
      [{ all: ['a', 'b'] }, having((tags) => tags.includes('a') && tags.includes('b'))],
      [{ all: ['b', 'b', 'a'] }, having((tags) => tags.includes('a') && tags.includes('b'))],
      [{ all: ['a', 'b', 'c'] }, having((tags) => tags.length === 3)],
      [{ any: ['a', 'c'] }, having((tags) => tags.includes('a') || tags.includes('c'))],
      [
        { any: [{ all: ['a', 'b'] }, 'c'] },
        having((tags) => tags.includes('c') || (tags.includes('a') && tags.includes('b'))),
      ],
      [
        { any: [{ all: ['a', 'b'] }, { all: ['b', 'c'] }] },
        having((tags) => tags.length > 1 && tags.includes('b')),
      ],
      [{ all: ['a', 'nobody has this'] }, []],
      [{ any: ['nobody', { all: ['has', 'these'] }] }, []],
    ] as const
    for (const [match, wanted] of queries) {
      const what = JSON.stringify(match)
      t.same(await seqnums(book.read({ match })), wanted, what)
      t.same(await seqnums(book.read({ match, reverse: true })), [...wanted].reverse(), `${what} in reverse`)
      t.equal((await book.readNext({ match }))?.seqnum ?? null, wanted[0] ?? null, `first of ${what}`)
      t.equal((await book.readPrev({ match }))?.seqnum ?? null, wanted.at(-1) ?? null, `last of ${what}`)
      t.equal(await book.tail({ match }), wanted.at(-1) ?? -1, `tail of ${what}`)
      t.equal(book.tailSync({ match }), wanted.at(-1) ?? -1, `tailSync of ${what}`)
      const middle = given[12] as number
      const inFront = wanted.filter((seqnum) => seqnum < middle)
      t.equal(book.readPrevSync({ match, before: middle })?.seqnum ?? null, inFront.at(-1) ?? null)
      t.equal(
        book.readNextSync({ match, from: middle })?.seqnum ?? null,
        wanted.find((seqnum) => seqnum >= middle) ?? null,
      )
      t.same(
        await seqnums(book.read({ match, from: middle, limit: 2 })),
        wanted.slice(inFront.length).slice(0, 2),
      )
    }
  })

  scenario('a live reader follows a query, and trims count for it', async ({ t, book }) => {
    const match = { any: [{ all: ['a', 'b'] }, 'c'] }
    const given = await appendAll(book, [['a', 'b'], ['c'], ['a']])
    const reader = book.read({ live: true, match })[Symbol.asyncIterator]()
    t.equal(text((await soon(reader.next(), 'the first')).value), '0')
    t.equal(text((await soon(reader.next(), 'the second')).value), '1')
    const waiting = reader.next()
    await appendAll(book, [['a'], ['b'], ['b', 'a']])
    t.equal(text((await soon(waiting, 'the third')).value), '2')
    await reader.return?.()
    await book.trim({ before: given[1] as number })
    t.same((await seqnums(book.read({ match }))).length, 2)
  })

  scenario('a rare tag beside a frequent one, through reopening', async ({ t, world, log, book }) => {
    const rare = [3, 700, 701, 1999]
    const items = Array.from({ length: 2000 }, (_, i) => ({
      data: bytes(String(i)),
      tags: rare.includes(i) ? ['often', 'rare', `n${i}`] : ['often', `n${i}`],
    }))
    const given = await book.appendMany(items)
    const wanted = rare.map((i) => given[i])
    const match = { all: ['often', 'rare'] }
    t.same(await seqnums(book.read({ match })), wanted)
    await log.close()
    const again = (await world.open()).book('book')
    t.same(await seqnums(again.read({ match })), wanted)
    t.same(await seqnums(again.read({ match, reverse: true })), [...wanted].reverse())
    t.same(await seqnums(again.read({ match: { any: ['n5', { all: ['often', 'n1999'] }, 'n6'] } })), [
      given[5],
      given[6],
      given[1999],
    ])
  })

  scenario('what is no query is refused', async ({ t, book }) => {
    const many = Array.from({ length: 65 }, (_, i) => `t${i}`)
    const bad: unknown[] = [
      null,
      'a',
      [],
      {},
      { all: [] },
      { any: [] },
      { all: 'a' },
      { all: ['a'], any: ['b'] },
      { all: [''] },
      { all: [{ all: ['a'] }] },
      { any: [['a']] },
      { any: [{ any: ['a'] }] },
      { any: [{ all: [] }] },
      { none: ['a'] },
      { all: many },
      { any: many },
      { all: ['\ud800'] },
    ]
    for (const match of bad) {
      await rejects(t, () => book.readNext({ match: wrong(match) }), invalid, JSON.stringify(match))
      throws(t, () => book.read({ match: wrong(match) }), invalid, JSON.stringify(match))
    }
    await rejects(t, () => book.tail(wrong({ tag: 'a', match: { all: ['a'] } })), invalid, 'tag and match')
    t.same(await seqnums(book.read({ match: { any: many.slice(0, 64) } })), [])
  })
}
