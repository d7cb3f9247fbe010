// Trims: durable, final, and never beyond what was there.

import {
  appendAll,
  bytes,
  collect,
  isWaiting,
  rejects,
  type Suite,
  seqnums,
  soon,
  text,
  throws,
} from './harness.js'

const trimmed = { code: 'ERR_DAYBOOK_TRIMMED' } as const
const all = { before: Number.POSITIVE_INFINITY }

export function trimSuite({ scenario }: Suite): void {
  scenario('what is trimmed is absent from every read', async ({ t, log, book }) => {
    const given = await appendAll(book, [['a'], ['b'], ['a', 'b'], [], ['a'], ['b']])
    const other = await log.book('other').append(bytes('other'), { tags: ['a'] })
    const [, , , mark = 0, fifth] = given
    await book.trim({ before: mark })
    t.same(await seqnums(book.read()), given.slice(3))
    t.same(await seqnums(book.read({ reverse: true, from: 0 })), given.slice(3).reverse())
    t.same(await seqnums(book.read({ tag: 'a' })), [fifth])
    t.equal((await book.readNext())?.seqnum, mark)
    t.equal(await book.readPrev({ before: mark }), null)
    t.equal(await book.readPrev({ tag: 'b', to: fifth }), null)
    t.equal(await book.tail({ tag: 'a' }), fifth)
    t.equal(await book.seqnumAt(new Date(0)), mark)
    t.equal((await log.book('other').get(other))?.seqnum, other, 'other books keep theirs')
  })

  scenario('get of a trimmed record fails, at the mark and above it does not', async ({ t, book }) => {
    const given = await appendAll(book, [[], [], [], []])
    const mark = given[2] as number
    await book.trim({ before: mark })
    for (const seqnum of given.slice(0, 2)) {
      const message = new RegExp(`${seqnum} is trimmed`)
      await rejects(t, () => book.get(seqnum), { ...trimmed, message }, `get(${seqnum})`)
      throws(t, () => book.getSync(seqnum), trimmed, `getSync(${seqnum})`)
    }
    t.equal(text(await book.get(mark)), '2')
    t.equal(await book.get(-1), null, '-1 never was a record')
    t.equal(await book.get((given[3] as number) + 1000), null)
  })

  scenario('a trimmed book is empty, and its seqnums are not used again', async ({ t, world, log, book }) => {
    const given = await appendAll(book, [['a'], ['a']])
    await book.trim(all)
    t.equal(await book.tail(), -1)
    t.equal(await book.tail({ tag: 'a' }), -1)
    t.equal(await book.seqnumAt(new Date(0)), 0)
    t.same(await collect(book.read()), [])
    await log.close()
    const again = await world.open()
    try {
      const reopened = again.book('book')
      t.equal(await reopened.tail(), -1, 'after reopening too')
      await rejects(t, () => reopened.get(given[1] as number), trimmed, 'get after reopening')
      const next = await reopened.append(bytes('next'))
      t.ok(next > (given[1] as number), 'a seqnum is never given twice')
      t.same(await seqnums(reopened.read()), [next])
    } finally {
      await again.close()
    }
  })

  scenario('a trim survives reopening, and never goes back', async ({ t, world, log, book }) => {
    const given = await appendAll(book, [[], ['a'], ['a'], []])
    const mark = given[2] as number
    await book.trim({ before: mark })
    await book.trim({ before: given[1] as number })
    await book.trim({ before: -1 })
    await book.trim({ before: 0 })
    t.same(await seqnums(book.read()), given.slice(2))
    await log.close()
    const again = await world.open()
    try {
      const reopened = again.book('book')
      t.same(await seqnums(reopened.read()), given.slice(2))
      t.same(await seqnums(reopened.read({ tag: 'a' })), [mark])
      await rejects(t, () => reopened.get(given[1] as number), trimmed, 'get after reopening')
    } finally {
      await again.close()
    }
  })

  scenario('a trim ahead of the tail spares what comes later', async ({ t, book }) => {
    const [first = 0] = await appendAll(book, [['a']])
    for (const before of [first + 1000, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
      await book.trim({ before })
      t.equal(await book.tail(), -1)
      const seqnum = await book.append(bytes('later'), { tags: ['a'] })
      t.equal(text(await book.get(seqnum)), 'later')
      t.same(await seqnums(book.read({ tag: 'a' })), [seqnum])
    }
  })

  scenario('an empty book can be trimmed', async ({ t, book }) => {
    await book.trim(all)
    await book.trim({ before: 5 })
    const seqnum = await book.append(bytes('x'))
    t.equal(text(await book.get(seqnum)), 'x')
  })

  scenario('a trim acknowledged is seen by every read begun after it', async ({ t, book }) => {
    for (let i = 0; i < 10; i++) {
      const given = await appendAll(book, [['a'], ['a'], ['a']])
      await book.trim({ before: given[2] as number })
      t.equal(book.tailSync(), given[2])
      t.same(await seqnums(book.read({ tag: 'a' })), [given[2]])
    }
  })

  scenario('readers skip what is trimmed while they read, unless told to fail', async ({ t, book }) => {
    const given = await book.appendMany(Array.from({ length: 3000 }, (_, i) => ({ data: bytes(String(i)) })))
    const skipping = book.read()[Symbol.asyncIterator]()
    const failing = book.read({ onTrim: 'error' })[Symbol.asyncIterator]()
    await Promise.all([skipping.next(), failing.next()])
    const mark = given[2500] as number
    await book.trim({ before: mark })
    const skipped = await seqnums(skipping)
    t.ok(skipped.length < 2999)
    t.same(skipped.slice(-500), given.slice(2500))
    const seen: number[] = []
    const drain = async (): Promise<void> => {
      for await (const record of failing) seen.push(record.seqnum)
    }
    await rejects(t, drain, { ...trimmed, message: new RegExp(`below ${mark}`) }, 'the rest')
    t.same(seen, given.slice(1, seen.length + 1), 'up to the failure nothing is missing')
    t.same(await failing.next(), { done: true, value: undefined })
  })

  scenario('backwards too: first what is left, then the failure', async ({ t, book }) => {
    const given = await book.appendMany(Array.from({ length: 3000 }, () => ({ data: bytes('x') })))
    const read = (limit: number) =>
      book.read({ onTrim: 'error', reverse: true, limit })[Symbol.asyncIterator]()
    const [failing, limited] = [read(Number.POSITIVE_INFINITY), read(2000)]
    const seen = [(await failing.next()).value?.seqnum]
    await limited.next()
    const kept = given.slice(1000)
    await book.trim({ before: kept[0] as number })
    const drain = async (): Promise<void> => {
      for await (const record of failing) seen.push(record.seqnum)
    }
    await rejects(t, drain, trimmed, 'the rest')
    t.same(seen, [...kept].reverse())
    t.equal((await seqnums(limited)).length, 1999, 'what the limit leaves out is not missed')
  })

  scenario(
    'onTrim: error does not mind what was trimmed before, behind it, or outside',
    async ({ t, book }) => {
      const given = await book.appendMany(Array.from({ length: 3000 }, () => ({ data: bytes('x') })))
      await book.trim({ before: given[10] as number })
      t.same(await seqnums(book.read({ onTrim: 'error' })), given.slice(10))
      t.same(await seqnums(book.read({ onTrim: 'error', reverse: true })), given.slice(10).reverse())
      const behind = book.read({ onTrim: 'error' })[Symbol.asyncIterator]()
      const outside = book.read({ onTrim: 'error', from: given[20] as number })[Symbol.asyncIterator]()
      await Promise.all([behind.next(), outside.next()])
      await book.trim({ before: given[12] as number })
      t.same(await seqnums(behind), given.slice(11))
      t.same(await seqnums(outside), given.slice(21))
    },
  )

  scenario('a live reader of a quiet tag does not mind trims behind the tail', async ({ t, book }) => {
    const [, last] = await appendAll(book, [['quiet'], ['loud']])
    const iterator = book.read({ live: true, tag: 'quiet', onTrim: 'error' })[Symbol.asyncIterator]()
    await iterator.next()
    const waiting = iterator.next()
    // An append may be acknowledged before readers hear of it. They hear of it together.
    const other = book.read({ live: true, after: last })[Symbol.asyncIterator]()
    for (let i = 0; i < 5; i++) {
      const heard = other.next()
      t.ok(await isWaiting(heard))
      await book.append(bytes('x'), { tags: ['loud'] })
      await soon(heard, 'the news')
      t.ok(await isWaiting(waiting))
      await book.trim(all)
      t.ok(await isWaiting(waiting))
    }
    await other.return?.()
    await book.append(bytes('at last'), { tags: ['quiet'] })
    t.equal(text((await soon(waiting, 'the record')).value), 'at last')
    await iterator.return?.()
  })

  scenario('trims and appends side by side keep to their order', async ({ t, book }) => {
    const first = await book.append(bytes('first'))
    await Promise.all([book.append(bytes('a')), book.trim({ before: first + 1 }), book.append(bytes('b'))])
    t.same((await collect(book.read())).map(text), ['a', 'b'])
  })
}
