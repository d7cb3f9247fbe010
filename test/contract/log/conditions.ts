// Conditional appends and idempotency keys: decided when the append is ordered, from the log in front of it.

import { isDaybookError } from '../../../src/log/errors.js'
import type { Book, Condition } from '../../../src/log/types.js'
import {
  appendAll,
  bytes,
  collect,
  invalidAppend,
  rejects,
  type Suite,
  seqnums,
  soon,
  text,
  wrong,
} from './harness.js'

const conflict = { code: 'ERR_DAYBOOK_CONFLICT', outcome: 'notWritten' } as const

/** Appends one more than the counter was, again and again until it is written. */
async function increment(book: Book, tag: string): Promise<void> {
  while (true) {
    const last = await book.readPrev({ tag })
    try {
      const value = String(Number(text(last) ?? 0) + 1)
      await book.append(bytes(value), { tags: [tag], expect: { tag, after: last?.seqnum ?? -1 } })
      return
    } catch (error) {
      if (!isDaybookError(error) || error.code !== 'ERR_DAYBOOK_CONFLICT') throw error
    }
  }
}

export function conditionSuite({ scenario }: Suite): void {
  scenario('an append is written if nothing that is meant has come', async ({ t, book }) => {
    const first = await book.append(bytes('1'), { tags: ['a'], expect: { after: -1 } })
    const second = await book.append(bytes('2'), { tags: ['b'], expect: { tag: 'a', after: first } })
    const third = await book.append(bytes('3'), { tags: ['a', 'b'], expect: { tag: 'c', after: -1 } })
    const fourth = await book.append(bytes('4'), { expect: { match: { all: ['a', 'b'] }, after: third } })
    const fifth = await book.append(bytes('5'), { expect: { tag: 'a', after: Number.POSITIVE_INFINITY } })
    t.same(await seqnums(book.read()), [first, second, third, fourth, fifth])
  })

  scenario('one that loses is never seen, and the error names what came', async ({ t, world, log, book }) => {
    const given = await appendAll(book, [['a'], ['b'], ['a', 'b'], ['c']])
    const [first = 0, second = 0, third = 0, fourth = 0] = given
    const losing: [Condition | Condition[], { index: number; actual: number }[]][] = [
      [{ after: -1 }, [{ index: 0, actual: fourth }]],
      [{ tag: 'a', after: first }, [{ index: 0, actual: third }]],
      [{ tag: 'c', after: -1 }, [{ index: 0, actual: fourth }]],
      [{ match: { any: ['a', 'b'] }, after: second }, [{ index: 0, actual: third }]],
      [
        [
          { tag: 'a', after: third },
          { tag: 'b', after: first },
          { match: { all: ['c'] }, after: third },
        ],
        [
          { index: 1, actual: third },
          { index: 2, actual: fourth },
        ],
      ],
    ]
    for (const [expect, conflicts] of losing) {
      const error = await rejects(
        t,
        () => book.append(bytes('x'), { tags: ['x'], expect }),
        conflict,
        'append',
      )
      t.same(error.conflicts, conflicts)
      t.equal(error.retryable, false)
      const group = [{ data: bytes('x') }, { data: bytes('y'), tags: ['x'] }]
      const whole = await rejects(t, () => book.appendMany(group, { expect }), conflict, 'appendMany')
      t.same(whole.conflicts, conflicts)
    }
    const last = await book.append(bytes('last'))
    t.same(await seqnums(book.read()), [...given, last])
    for (let place = fourth + 1; place < last; place++) t.equal(await book.get(place), null)
    t.equal(await book.tail({ tag: 'x' }), -1)
    t.equal((await log.books())[0]?.records, 5, 'nor counted')
    await log.close()
    const again = (await world.open()).book('book')
    t.same(await seqnums(again.read()), [...given, last], 'nor after opening')
  })

  scenario('members of a group do not see each other, and groups of a turn do', async ({ t, book }) => {
    const group = [
      { data: bytes('1'), tags: ['a'] },
      { data: bytes('2'), tags: ['a'] },
    ]
    const expect = { tag: 'a', after: -1 }
    const [one, other] = await Promise.allSettled([
      book.appendMany(group, { expect }),
      book.append(bytes('3'), { tags: ['a'], expect }),
      book.append(bytes('4'), { tags: ['b'] }),
    ])
    t.equal(one?.status, 'fulfilled')
    t.equal(other?.status, 'rejected')
    const written = (one as PromiseFulfilledResult<number[]>).value
    t.same((other as PromiseRejectedResult).reason.conflicts, [{ index: 0, actual: written[1] }])
    t.equal((await collect(book.read())).length, 3)
  })

  scenario('what is trimmed does not stand in the way', async ({ t, book }) => {
    const [first = 0] = await appendAll(book, [['a'], ['b']])
    await book.trim({ before: first + 1 })
    const written = await book.append(bytes('x'), { tags: ['a'], expect: { tag: 'a', after: -1 } })
    t.equal(await book.tail({ tag: 'a' }), written)
    await rejects(t, () => book.append(bytes('y'), { expect: { tag: 'b', after: -1 } }), conflict, 'b')
    await book.trim({ before: Number.POSITIVE_INFINITY })
    await book.append(bytes('z'), { expect: { after: -1 } })
    t.equal((await collect(book.read())).length, 1)
  })

  scenario('a condition is about its own book', async ({ t, log, book }) => {
    await log.book('other').append(bytes('other'), { tags: ['a'] })
    await book.append(bytes('x'), { tags: ['a'], expect: [{ after: -1 }, { tag: 'a', after: -1 }] })
    t.equal((await collect(book.read())).length, 1)
  })

  scenario('of racing writers exactly one wins each round', async ({ t, open, book }) => {
    const books = [book, ...(await Promise.all([open(), open(), open()])).map((log) => log.book('book'))]
    const writers = Array.from({ length: 64 }, (_, i) => books[i % books.length] as Book)
    let after = -1
    for (let round = 0; round < 20; round++) {
      const expect = { tag: 'race', after }
      const results = await Promise.allSettled(
        writers.map((writer, i) => writer.append(bytes(String(i)), { tags: ['race', `w${i}`], expect })),
      )
      const won = results.filter((result) => result.status === 'fulfilled')
      t.equal(won.length, 1)
      after = (won[0] as PromiseFulfilledResult<number>).value
      for (const result of results) {
        if (result.status === 'rejected') t.same(result.reason.conflicts, [{ index: 0, actual: after }])
      }
      t.equal(await book.tail({ tag: 'race' }), after)
    }
    t.equal((await collect(book.read({ tag: 'race' }))).length, 20)
  })

  scenario('64 writers count to 640 together', async ({ t, book }) => {
    const writers = Array.from({ length: 64 }, async () => {
      for (let i = 0; i < 10; i++) await increment(book, 'counter')
    })
    await soon(Promise.all(writers), 'the count', 120_000)
    const counted = (await collect(book.read({ tag: 'counter' }))).map((record) => Number(text(record)))
    t.same(
      counted,
      Array.from({ length: 640 }, (_, i) => i + 1),
    )
  })

  scenario('what is no condition and no key is refused, and nothing is written', async ({ t, book }) => {
    const conditions: unknown[] = [
      null,
      5,
      {},
      { tag: 'a' },
      { after: -2 },
      { after: 1.5 },
      { after: '1' },
      { after: 1, tag: 5 },
      { after: 1, match: {} },
      { after: 1, tag: 'a', match: { all: ['a'] } },
      { after: 1, before: 5 },
      [],
      [{ after: 1 }, null],
      Array.from({ length: 65 }, () => ({ after: 5 })),
    ]
    for (const expect of conditions) {
      await rejects(t, () => book.append(bytes('x'), { expect: wrong(expect) }), invalidAppend, 'append')
      await rejects(
        t,
        () => book.appendMany([{ data: bytes('x') }], { expect: wrong(expect) }),
        invalidAppend,
        'appendMany',
      )
    }
    for (const key of [null, 5, '', 'x'.repeat(256), '\ud800', Buffer.from('key')]) {
      await rejects(t, () => book.append(bytes('x'), { key: wrong(key) }), invalidAppend, `key ${key}`)
    }
    // 64 lists of 64 tags would be as large as a record may be, and take longer than one.
    const long = Array.from({ length: 64 }, (_, i) => `${i}`.padEnd(250, 'x'))
    const large = {
      match: { any: [{ all: long }, { all: long }, { all: long }, { all: long }, { all: long }] },
    }
    const tooLarge = { code: 'ERR_DAYBOOK_TOO_LARGE', outcome: 'notWritten', message: /65536/ } as const
    await rejects(t, () => book.append(bytes('x'), { expect: { ...large, after: -1 } }), tooLarge, 'a query')
    const many = Array.from({ length: 5 }, () => ({ match: { all: long }, after: -1 }))
    await rejects(t, () => book.append(bytes('x'), { expect: many }), tooLarge, 'conditions together')
    await rejects(t, () => book.readNext(large), { code: 'ERR_DAYBOOK_TOO_LARGE' }, 'a read')
    t.equal(await book.tail(), -1)
    await book.append(bytes('w'), { expect: many.slice(0, 4) })
    await book.append(bytes('x'), { key: 'x'.repeat(255) })
    const expect = Array.from({ length: 64 }, (_, i) => ({ tag: `t${i}`, after: -1 }))
    await book.append(bytes('y'), { expect, key: 'é'.repeat(127) })
    await book.append(bytes('z'), { expect: undefined, key: undefined })
    t.equal((await collect(book.read())).length, 4)
  })

  scenario('a key is written once, whatever the data', async ({ t, world, log, book }) => {
    const first = await book.append(bytes('1'), { tags: ['a'], key: 'k' })
    t.equal(await book.append(bytes('2'), { tags: ['b'], key: 'k' }), first)
    const group = await book.appendMany([{ data: bytes('3') }, { data: bytes('4') }], { key: 'g' })
    t.same(await book.appendMany([{ data: bytes('5') }], { key: 'g' }), group, 'the seqnums of the first')
    t.equal(await book.append(bytes('6'), { key: 'g' }), group[0])
    t.same(await book.appendMany([{ data: bytes('7') }, { data: bytes('8') }], { key: 'k' }), [first])
    const other = await log.book('other').append(bytes('9'), { key: 'k' })
    t.not(other, first, 'another book')
    t.same((await collect(book.read())).map(text), ['1', '3', '4'])
    const turn = await Promise.all(['a', 'b', 'a', 'a'].map((key) => book.append(bytes(key), { key })))
    t.equal(new Set(turn).size, 2)
    t.equal(turn[0], turn[2])
    t.equal(turn[0], turn[3])
    await log.close()
    const again = (await world.open()).book('book')
    t.equal(await again.append(bytes('x'), { key: 'k' }), first, 'after opening')
    t.same(await again.appendMany([{ data: bytes('x') }], { key: 'g' }), group)
  })

  scenario('a key is remembered when its record is trimmed, not when its book is dropped', async (scene) => {
    const { t, world, log, book } = scene
    const first = await book.append(bytes('1'), { key: 'k' })
    await book.append(bytes('2'))
    await book.trim({ before: Number.POSITIVE_INFINITY })
    t.equal(await book.append(bytes('3'), { key: 'k' }), first)
    await log.close()
    const again = await world.open()
    t.equal(await again.book('book').append(bytes('4'), { key: 'k' }), first)
    await again.drop('book')
    t.not(await again.book('book').append(bytes('5'), { key: 'k' }), first)
    t.same((await collect(again.book('book').read())).map(text), ['5'])
    await again.close()
  })

  scenario('a key goes before the conditions, and what loses uses up none', async ({ t, book }) => {
    const first = await book.append(bytes('1'), { tags: ['a'], key: 'k', expect: { tag: 'a', after: -1 } })
    t.equal(await book.append(bytes('1'), { tags: ['a'], key: 'k', expect: { tag: 'a', after: -1 } }), first)
    const losing = { key: 'l', expect: { tag: 'a', after: -1 } }
    await rejects(t, () => book.append(bytes('2'), losing), conflict, 'a condition that does not hold')
    const second = await book.append(bytes('2'), { key: 'l', expect: { tag: 'a', after: first } })
    t.equal(await book.append(bytes('2'), losing), second)
    t.same((await collect(book.read())).map(text), ['1', '2'])
  })
}
