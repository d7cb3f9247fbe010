// Live readers: no gap between looking and waiting, and every way for them to end.

import { getEventListeners } from 'node:events'
import type { LogRecord } from '../../../src/log/types.js'
import {
  appendAll,
  bytes,
  closed,
  isWaiting,
  rejects,
  type Suite,
  soon,
  text,
  turnOfLoop,
} from './harness.js'

const done = { done: true, value: undefined }

async function take(iterator: AsyncIterator<LogRecord<unknown>>, count: number): Promise<(string | null)[]> {
  const taken: (string | null)[] = []
  for (let i = 0; i < count; i++) taken.push(text((await soon(iterator.next(), `record ${i}`)).value))
  return taken
}

export function liveSuite({ scenario }: Suite): void {
  scenario('a live reader goes on with what is appended while it waits', async ({ t, book }) => {
    await appendAll(book, [['a'], ['b']])
    const iterator = book.read({ live: true })[Symbol.asyncIterator]()
    t.same(await take(iterator, 2), ['0', '1'])
    for (const name of ['x', 'y', 'z']) {
      const waiting = iterator.next()
      t.ok(await isWaiting(waiting))
      await book.append(bytes(name))
      t.equal(text((await soon(waiting, name)).value), name)
    }
    await iterator.return?.()
  })

  scenario('a tag, a book and a lower bound hold for live readers too', async ({ t, log, book }) => {
    const first = await book.append(bytes('old'), { tags: ['a'] })
    const iterator = book.read({ live: true, tag: 'a', after: first })[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await log.book('other').append(bytes('other book'), { tags: ['a'] })
    await book.append(bytes('other tag'), { tags: ['b'] })
    t.ok(await isWaiting(waiting))
    await book.append(bytes('mine'), { tags: ['b', 'a'] })
    t.equal(text((await soon(waiting, 'mine')).value), 'mine')
    await iterator.return?.()
  })

  scenario('no append falls between looking and waiting', async ({ t, book }) => {
    const count = 400
    const seen: string[] = []
    const reading = (async () => {
      for await (const record of book.read({ live: true, limit: count })) seen.push(text(record) ?? '')
    })()
    for (let i = 0; i < count; i++) {
      const append = book.append(bytes(String(i)))
      // Sometimes one commit each, sometimes many, at every distance from the reader's steps.
      if (i % 7 === 0) await append
      if (i % 11 === 0) await turnOfLoop()
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await soon(reading, 'the reader')
    t.same(
      seen,
      Array.from({ length: count }, (_, i) => String(i)),
    )
  })

  scenario('an append made in onCaughtUp is seen', async ({ t, book }) => {
    const reader = book.read({
      live: true,
      onCaughtUp: () => {
        void book.append(bytes('in the callback'))
      },
    })
    t.same(await take(reader[Symbol.asyncIterator](), 1), ['in the callback'])
  })

  scenario('onCaughtUp is called once, behind what was there', async ({ t, book }) => {
    const items = Array.from({ length: 200 }, () => ({ data: bytes('x') }))
    await book.appendMany(items)
    let calls = 0
    const iterator = book.read({ live: true, onCaughtUp: () => calls++ })[Symbol.asyncIterator]()
    await take(iterator, 200)
    t.equal(calls, 0, 'not before the last record has been handed out and more is asked for')
    const waiting = iterator.next()
    t.ok(await isWaiting(waiting))
    t.equal(calls, 1)
    await book.append(bytes('y'))
    await soon(waiting, 'y')
    t.ok(await isWaiting(iterator.next()))
    t.equal(calls, 1, 'once')
    await iterator.return?.()
  })

  scenario(
    'onCaughtUp is called on an empty book, and not by a reader that its limit ends',
    async ({ t, book }) => {
      let calls = 0
      const onCaughtUp = (): void => {
        calls++
      }
      const iterator = book.read({ live: true, onCaughtUp })[Symbol.asyncIterator]()
      t.ok(await isWaiting(iterator.next()))
      t.equal(calls, 1)
      await iterator.return?.()
      await appendAll(book, [[], []])
      const limited = book.read({ live: true, limit: 2, onCaughtUp })[Symbol.asyncIterator]()
      await take(limited, 2)
      t.same(await soon(limited.next(), 'the end'), done)
      t.equal(calls, 1)
    },
  )

  scenario('a callback that throws fails the reader', async ({ t, book }) => {
    const failure = new Error('from the callback')
    const onCaughtUp = (): never => {
      throw failure
    }
    const iterator = book.read({ live: true, onCaughtUp })[Symbol.asyncIterator]()
    await t.rejects(iterator.next(), failure)
    t.same(await iterator.next(), done)
  })

  scenario(
    'the signal ends a reader that waits, with its reason, and leaves no listener',
    async ({ t, book }) => {
      const controller = new AbortController()
      const { signal } = controller
      await appendAll(book, [[], []])
      const iterator = book.read({ live: true, signal })[Symbol.asyncIterator]()
      await take(iterator, 2)
      t.equal(getEventListeners(signal, 'abort').length, 0, 'no listener between steps')
      const waiting = iterator.next()
      t.ok(await isWaiting(waiting))
      const reason = new Error('enough')
      controller.abort(reason)
      await t.rejects(soon(waiting, 'the end'), reason)
      t.same(await iterator.next(), done)
      t.equal(getEventListeners(signal, 'abort').length, 0)
      t.ok(await book.append(bytes('on')), 'the log goes on')
    },
  )

  scenario('an abort between two steps ends a reader, records at hand or not', async ({ t, book }) => {
    await appendAll(book, [[], [], []])
    for (const live of [true, false]) {
      const controller = new AbortController()
      const iterator = book.read({ live, signal: controller.signal })[Symbol.asyncIterator]()
      await take(iterator, 1)
      controller.abort()
      await t.rejects(iterator.next(), { name: 'AbortError' })
      t.same(await iterator.next(), done)
    }
  })

  scenario('a reader with an aborted signal does not begin', async ({ t, book }) => {
    await appendAll(book, [[]])
    const reason = { any: 'value' }
    const iterator = book.read({ signal: AbortSignal.abort(reason) })[Symbol.asyncIterator]()
    t.equal(await iterator.next().catch((error: unknown) => error), reason)
    t.same(await iterator.next(), done)
  })

  scenario('closing the log ends live readers', async ({ t, log, book }) => {
    const waiting = [book.read({ live: true }), log.book('other').read({ live: true, tag: 'x' })].map(
      (reader) => {
        const iterator = reader[Symbol.asyncIterator]()
        return { iterator, step: iterator.next() }
      },
    )
    for (const { step } of waiting) t.ok(await isWaiting(step))
    const closing = log.close()
    for (const { iterator, step } of waiting) {
      await rejects(t, () => step, closed, 'a step that waited')
      t.same(await iterator.next(), done)
    }
    await soon(closing, 'close')
  })

  scenario('return and dispose end a step that waits', async ({ t, book }) => {
    const one = book.read({ live: true })[Symbol.asyncIterator]()
    const step = one.next()
    t.ok(await isWaiting(step))
    t.same(await one.return?.(), done)
    t.same(await soon(step, 'the step'), done)
    const reader = book.read({ live: true })
    const batch = reader.batches().next()
    t.ok(await isWaiting(batch))
    await reader[Symbol.asyncDispose]()
    t.same(await soon(batch, 'the batch'), done)
  })

  scenario('break in a live loop is clean', async ({ t, book }) => {
    await appendAll(book, [[], []])
    let seen = 0
    for await (const _ of book.read({ live: true })) if (++seen === 2) break
    for await (const batch of book.read({ live: true }).batches()) {
      t.equal(batch.length, 2)
      break
    }
    t.equal(seen, 2)
  })

  scenario('an upper bound ends a live reader once the book has passed it', async ({ t, log, book }) => {
    const first = await book.append(bytes('first'), { tags: ['a'] })
    const to = first + 3
    const iterator = book.read({ live: true, tag: 'a', to })[Symbol.asyncIterator]()
    await take(iterator, 1)
    const end = iterator.next()
    t.ok(await isWaiting(end))
    let last = first
    while (last <= to) last = await book.append(bytes('b'), { tags: ['b'] })
    t.same(await soon(end, 'the end'), done, 'although nothing of its tag came')
    const exact = book.read({ live: true, to: last })[Symbol.asyncIterator]()
    while ((await soon(exact.next(), 'the rest')).value?.seqnum !== last);
    t.same(await soon(exact.next(), 'the end'), done)
    const none = log.book('book').read({ live: true, from: 5, before: 5 })[Symbol.asyncIterator]()
    t.same(await soon(none.next(), 'empty bounds'), done)
  })

  scenario('trimming up to an upper bound ends a live reader too', async ({ t, book }) => {
    const given = await appendAll(book, [['b'], ['b'], ['b']])
    const iterator = book.read({ live: true, tag: 'a', to: (given[2] as number) + 1 })[Symbol.asyncIterator]()
    const end = iterator.next()
    t.ok(await isWaiting(end))
    await book.append(bytes('x'), { tags: ['b'] })
    await book.append(bytes('x'), { tags: ['b'] })
    await book.trim({ before: Number.POSITIVE_INFINITY })
    t.same(await soon(end, 'the end'), done)
  })

  scenario('several live readers see the same, also by batch', async ({ t, book }) => {
    const count = 300
    const readers = Array.from({ length: 4 }, async (_, i) => {
      const seen: number[] = []
      const reader = book.read({ live: true, limit: count })
      if (i % 2 === 0) for await (const record of reader) seen.push(record.seqnum)
      else for await (const batch of reader.batches()) seen.push(...batch.map((record) => record.seqnum))
      return seen
    })
    const given: number[] = []
    for (let i = 0; i < count / 3; i++) {
      given.push(...(await book.appendMany([1, 2, 3].map((n) => ({ data: bytes(String(n)) })))))
    }
    for (const seen of await soon(Promise.all(readers), 'the readers')) t.same(seen, given)
  })
}
