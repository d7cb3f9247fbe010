// What a log in this process has on top: the Sync forms, several handles, and what they see of each other.

import type { FindSyncOptions } from '../../../src/log/types.js'
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
  shape,
  soon,
  text,
  throws,
  turnOfLoop,
  wrong,
} from './harness.js'

export function embeddedSuite({ scenario }: Suite): void {
  scenario('the Sync forms answer as the others do', async ({ t, log, book }) => {
    await log.book('other').append(bytes('gap'), { tags: ['a'] })
    const given = await appendAll(book, [['a'], ['b'], ['a', 'b'], [], ['a']])
    const bounds = [-1, 0, ...given, Number.POSITIVE_INFINITY]
    for (const tag of [undefined, 'a', 'b', 'absent']) {
      t.equal(book.tailSync({ tag }), await book.tail({ tag }))
      for (const one of bounds) {
        const ranges: FindSyncOptions[] = [
          { tag, from: one },
          { tag, after: one },
          { tag, to: one },
          { tag, before: one },
        ]
        for (const options of ranges) {
          const [next, prev] = [await book.readNext(options), await book.readPrev(options)]
          t.equal(book.readNextSync(options)?.seqnum, next?.seqnum)
          t.equal(book.readPrevSync(options)?.seqnum, prev?.seqnum)
        }
      }
    }
    t.equal(book.readNextSync()?.seqnum, given[0])
    t.equal(book.readPrevSync()?.seqnum, given[4])
    t.equal(book.tailSync(), given[4])
    for (const seqnum of [...given, -1, 1e9, Number.POSITIVE_INFINITY]) {
      const [one, other] = [book.getSync(seqnum), await book.get(seqnum)]
      t.same(one && shape(one), other && shape(other))
    }
  })

  scenario('the Sync forms of an empty book', async ({ t, book }) => {
    t.equal(book.readNextSync(), null)
    t.equal(book.readPrevSync({ tag: 'a' }), null)
    t.equal(book.getSync(0), null)
    t.equal(book.tailSync(), -1)
  })

  scenario('the Sync forms throw', async ({ t, log, book }) => {
    const signal = new AbortController().signal
    for (const options of [{ from: Number.NaN }, { tag: '' }, { signal }, { limit: 1 }, null, { from: 1n }]) {
      throws(t, () => book.readNextSync(wrong(options)), invalid, 'readNextSync')
      throws(t, () => book.readPrevSync(wrong(options)), invalid, 'readPrevSync')
    }
    throws(t, () => book.tailSync(wrong({ from: 0 })), invalid, 'tailSync')
    throws(t, () => book.getSync(wrong('0')), { ...invalid, base: TypeError }, 'getSync')
    throws(t, () => book.getSync(-2), { ...invalid, base: RangeError }, 'getSync')
    await log.close()
    throws(t, () => book.readNextSync(), closed, 'readNextSync')
    throws(t, () => book.readPrevSync({ from: 1, to: 0 }), closed, 'readPrevSync')
    throws(t, () => book.getSync(0), closed, 'getSync')
    throws(t, () => book.getSync(-1), closed, 'getSync')
    throws(t, () => book.tailSync(), closed, 'tailSync')
  })

  scenario('an acknowledged append is visible in the very same turn', async ({ t, book }) => {
    for (let i = 0; i < 20; i++) {
      await book.append(bytes(String(i)), { tags: ['a'] }).then((seqnum) => {
        t.equal(book.tailSync({ tag: 'a' }), seqnum)
        t.equal(text(book.getSync(seqnum)), String(i))
        t.equal(book.readPrevSync()?.seqnum, seqnum)
      })
    }
  })

  scenario(
    'a record is visible under all its tags or under none, a group as a whole or not at all',
    async ({ t, book }) => {
      const tags = ['a', 'b', 'c']
      const wrongs: unknown[] = []
      let stop = false
      const watching = (async () => {
        while (!stop) {
          // A commit may fall between two looks; if the first and the last agree, none did.
          const tails = [undefined, ...tags, undefined].map((tag) => book.tailSync({ tag }))
          if (tails[0] === tails.at(-1) && new Set(tails).size !== 1) wrongs.push(tails)
          if (tails.some((tail, i) => i > 0 && tail < (tails[i - 1] as number))) wrongs.push(tails)
          const inBook = book.readPrevSync()
          if (inBook !== null && text(inBook) !== 'last') wrongs.push(text(inBook))
          await turnOfLoop()
        }
      })()
      for (let i = 0; i < 40; i++) {
        const items = ['first', 'middle', 'last'].map((name) => ({ data: bytes(name), tags }))
        await Promise.all([
          book.appendMany(items),
          book.appendMany(items),
          book.append(bytes('last'), { tags }),
        ])
      }
      stop = true
      await watching
      t.same(wrongs, [])
    },
  )

  scenario('what is not acknowledged yet is not promised, what is seen stays', async ({ t, book }) => {
    let highest = -1
    for (let i = 0; i < 100; i++) {
      const append = book.append(bytes(String(i)))
      const tail = book.tailSync()
      t.ok(tail >= highest, 'the tail never goes back')
      highest = tail
      if (i % 10 === 0) await append
    }
  })

  scenario('handles of one log are one log', async ({ t, log, book, open }) => {
    const second = await open()
    const there = second.book('book')
    const one = await book.append(bytes('one'), { tags: ['a'] })
    t.equal(there.tailSync({ tag: 'a' }), one)
    const two = await there.append(bytes('two'), { tags: ['a'] })
    t.same(await seqnums(book.read({ tag: 'a' })), [one, two])
    await book.trim({ before: two })
    t.equal((await there.readNext())?.seqnum, two)
    await second.close()
    throws(t, () => there.tailSync(), closed, 'the closed handle')
    t.equal(book.tailSync(), two, 'the other goes on')
    t.equal(log.status.state, 'open')
    const three = await book.append(bytes('three'))
    t.ok(three > two)
  })

  scenario(
    'a live reader sees what another handle appends, and ends with its own',
    async ({ t, log, book, open }) => {
      const second = await open()
      const step = book.read({ live: true })[Symbol.asyncIterator]().next()
      const other = second.book('book').read({ live: true, after: 0 })[Symbol.asyncIterator]()
      t.ok(await isWaiting(step))
      await second.book('book').append(bytes('from there'))
      t.equal(text((await soon(step, 'the record')).value), 'from there')
      const waiting = other.next()
      t.ok(await isWaiting(waiting))
      await log.close()
      t.ok(await isWaiting(waiting), 'a reader of the other handle goes on')
      const seqnum = await second.book('book').append(bytes('still here'))
      t.equal((await soon(waiting, 'the record')).value?.seqnum, seqnum)
      const last = other.next()
      await second.close()
      await rejects(t, () => last, closed, 'a reader of the closed handle')
    },
  )

  scenario(
    'handles must agree on what concerns the engine, and may differ in durability',
    async ({ t, open }) => {
      const other = 8192
      await rejects(
        t,
        () => open({ maxRecordBytes: other }),
        { ...invalid, message: /maxRecordBytes/ },
        'open',
      )
      await rejects(t, () => open({ maxGroupBytes: other }), { ...invalid, message: /maxGroupBytes/ }, 'open')
      await rejects(
        t,
        () => open({ maxPendingBytes: 2 ** 20 }),
        { ...invalid, message: /maxPendingBytes/ },
        'open',
      )
      const agreeing = await open({ maxRecordBytes: 4096, durability: 'os' })
      t.type(await agreeing.book('book').append(bytes('x')), 'number')
      const silent = await open()
      const tooLarge = { code: 'ERR_DAYBOOK_TOO_LARGE' } as const
      await rejects(
        t,
        () => silent.book('book').append(Buffer.alloc(4097)),
        tooLarge,
        'the limit holds for all',
      )
    },
    { maxRecordBytes: 4096 },
  )

  scenario(
    'the engine ends with the last handle: then options may change',
    async ({ t, world, log, open }) => {
      const second = await open()
      await log.close()
      await rejects(t, () => open({ maxRecordBytes: 4096 }), invalid, 'one handle is left')
      await second.close()
      const third = await world.open({ maxRecordBytes: 4096 })
      const tooLarge = { code: 'ERR_DAYBOOK_TOO_LARGE' } as const
      await rejects(t, () => third.book('book').append(Buffer.alloc(4097)), tooLarge, 'the new limit')
      await third.close()
    },
  )

  scenario('options of open are checked', async ({ t, world }) => {
    const bad = [
      { durability: 'memory' },
      { durability: 5 },
      { maxPendingBytes: 65_535 },
      { maxPendingBytes: 2 ** 32 + 1 },
      { maxRecordBytes: 1023 },
      { maxRecordBytes: 2 ** 30 + 1 },
      { maxGroupBytes: '64' },
      { maxGroupBytes: 2048.5 },
      { maxGroupBytes: Number.NaN },
      { maxPendingBytes: Number.POSITIVE_INFINITY },
      { unknown: 1 },
    ]
    for (const options of bad) {
      const [name = ''] = Object.keys(options)
      await rejects(t, () => world.open(wrong(options)), { ...invalid, message: new RegExp(name) }, name)
    }
  })

  scenario('readers of many turns see one order, from any handle', async ({ t, book, open }) => {
    const second = await open()
    const writers = Array.from({ length: 4 }, async (_, w) => {
      const target = w % 2 === 0 ? book : second.book('book')
      for (let i = 0; i < 25; i++) await target.append(bytes(`${w}:${i}`), { tags: [`writer:${w}`] })
    })
    await Promise.all(writers)
    const [left, right] = [await collect(book.read()), await collect(second.book('book').read())]
    t.same(left.map(shape), right.map(shape))
    for (let w = 0; w < 4; w++) {
      const own = left.filter((record) => record.tags.includes(`writer:${w}`)).map(text)
      t.same(
        own,
        Array.from({ length: 25 }, (_, i) => `${w}:${i}`),
        "a writer's appends keep its order",
      )
    }
  })
}
