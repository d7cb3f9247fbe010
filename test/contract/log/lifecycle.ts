// From open to close, and again: status, use after close, pending work, reopening.

import {
  appendAll,
  bytes,
  closed,
  collect,
  rejects,
  type Suite,
  seqnums,
  shape,
  soon,
  text,
  throws,
} from './harness.js'

export function lifecycleSuite({ scenario }: Suite): void {
  scenario('what was acknowledged is there after reopening', async ({ t, world, log, book }) => {
    await appendAll(book, [['a', 'ü'], [], ['b', 'a'], ['\0']])
    await log.book('other').appendMany([{ data: bytes('x'), tags: ['a'] }, { data: new Uint8Array(0) }])
    const [before, other] = [await collect(book.read()), await collect(log.book('other').read())]
    let tail = Math.max(before.at(-1)?.seqnum ?? 0, other.at(-1)?.seqnum ?? 0)
    const stamp = Math.max(
      ...before.map((record) => record.timestamp),
      ...other.map((record) => record.timestamp),
    )
    await log.close()
    for (let round = 0; round < 3; round++) {
      const again = await world.open()
      try {
        const reopened = again.book('book')
        const records = await collect(reopened.read({ to: before.at(-1)?.seqnum }))
        t.same(records.map(shape), before.map(shape))
        t.same((await collect(again.book('other').read())).map(shape), other.map(shape))
        t.same(await seqnums(reopened.read({ tag: 'a' })), [before[0]?.seqnum, before[2]?.seqnum])
        const seqnum = await reopened.append(bytes('more'))
        t.ok(seqnum > tail, 'seqnums go on above')
        tail = seqnum
        t.ok(((await reopened.get(seqnum))?.timestamp ?? 0) >= stamp, 'time stamps do not go back')
      } finally {
        await again.close()
      }
    }
  })

  scenario('status tells the state', async ({ t, log }) => {
    t.equal(log.status.state, 'open')
    t.equal(log.status.cause, undefined)
    const closing = log.close()
    t.match(log.status.state, /^clos(ing|ed)$/)
    await closing
    t.equal(log.status.state, 'closed')
  })

  scenario('close is idempotent, and every call resolves', async ({ t, log }) => {
    await soon(Promise.all([log.close(), log.close({ timeout: 1000 }), log.close()]), 'close')
    await soon(log.close(), 'close again')
    await soon(log.close({ timeout: 0 }), 'and again')
    t.equal(log.status.state, 'closed')
  })

  scenario('close settles what is pending', async ({ t, world, log, book }) => {
    const appends = Array.from({ length: 100 }, (_, i) => book.append(bytes(String(i))))
    const group = book.appendMany([{ data: bytes('a') }, { data: bytes('b') }])
    const trim = book.trim({ before: 0 })
    const closing = log.close()
    const settled = await soon(Promise.all(appends), 'appends')
    const grouped = await soon(group, 'the group')
    await soon(trim, 'the trim')
    await soon(closing, 'close')
    const again = await world.open()
    try {
      t.same(await seqnums(again.book('book').read()), [...settled, ...grouped])
    } finally {
      await again.close()
    }
  })

  scenario(
    'close with a deadline of zero settles every append one way or the other',
    async ({ t, world, log, book }) => {
      const appends = Array.from({ length: 50 }, (_, i) => book.append(bytes(String(i))))
      const closing = log.close({ timeout: 0 })
      const results = await soon(Promise.allSettled(appends), 'appends')
      await soon(closing, 'close')
      for (const result of results) {
        if (result.status === 'rejected') {
          t.match(result.reason, { code: 'ERR_DAYBOOK_TIMEOUT', outcome: /^(unknown|notWritten)$/ })
        }
      }
      const again = await world.open()
      try {
        const there = new Set((await collect(again.book('book').read())).map(text))
        for (const [i, { status }] of results.entries()) {
          if (status === 'fulfilled') t.ok(there.has(String(i)), `append ${i} was acknowledged`)
        }
        t.ok(there.size <= 50)
      } finally {
        await again.close()
      }
    },
  )

  scenario('after close every call is refused', async ({ t, log, book }) => {
    const seqnum = await book.append(bytes('x'))
    await log.close()
    const append = { ...closed, outcome: 'notWritten' } as const
    await rejects(t, () => book.append(bytes('x')), append, 'append')
    await rejects(t, () => book.appendMany([{ data: bytes('x') }]), append, 'appendMany')
    await rejects(t, () => book.appendMany([]), append, 'appendMany of nothing')
    await rejects(t, () => book.readNext(), closed, 'readNext')
    await rejects(t, () => book.readPrev({ from: 5, to: 4 }), closed, 'readPrev of nothing')
    await rejects(t, () => book.get(seqnum), closed, 'get')
    await rejects(t, () => book.get(-1), closed, 'get of nothing')
    await rejects(t, () => book.tail(), closed, 'tail')
    await rejects(t, () => book.seqnumAt(new Date()), closed, 'seqnumAt')
    await rejects(t, () => book.trim({ before: 0 }), append, 'trim')
    await rejects(t, () => book.retain(null), append, 'retain')
    await rejects(t, () => log.drop('book'), append, 'drop')
    await rejects(t, () => log.ready(), closed, 'ready')
    throws(t, () => book.read(), closed, 'read')
    throws(t, () => log.book('book'), closed, 'book')
  })

  scenario('a log disposes of itself', async ({ t, world, log }) => {
    await log.close()
    let kept: { status: { state: string } } | undefined
    let pending: Promise<number> | undefined
    {
      await using scoped = await world.open()
      kept = scoped
      pending = scoped.book('book').append(bytes('x'))
      t.equal(kept.status.state, 'open')
    }
    t.equal(kept.status.state, 'closed')
    t.type(await pending, 'number')
  })

  scenario('close from within a callback of the log does not lock up', async ({ t, log, book }) => {
    const reading = (async () => {
      for await (const _ of book.read({ live: true, onCaughtUp: () => void log.close() }));
    })()
    await rejects(t, () => reading, closed, 'the reader')
    await soon(log.close(), 'close')
  })

  scenario('close in the continuation of an append does not lock up', async ({ t, log, book }) => {
    const both = book.append(bytes('x')).then(() => log.close())
    const other = book.append(bytes('y'))
    await soon(both, 'close')
    t.type(await soon(other, 'the other append'), 'number')
  })

  scenario('calls that are running when the log closes settle once', async ({ t, log, book }) => {
    await appendAll(book, [['a'], ['a']])
    const running = [
      book.readNext(),
      book.tail(),
      book.get(0),
      book.seqnumAt(new Date(0)),
      collect(book.read()),
    ]
    const closing = log.close()
    for (const result of await soon(Promise.allSettled(running), 'reads')) {
      if (result.status === 'rejected') t.match(result.reason, closed)
    }
    await closing
  })
}
