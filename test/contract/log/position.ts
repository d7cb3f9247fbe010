// Positions: what another handle sees at least, and which are refused.

import type { EmbeddedBook, EmbeddedLog } from '../../../src/log/types.js'
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
  throws,
  wrong,
} from './harness.js'

const range = { ...invalid, base: RangeError } as const

type Read = (book: EmbeddedBook, atLeast: string, signal?: AbortSignal) => Promise<unknown>

const reads: Readonly<Record<string, Read>> = {
  readNext: (book, atLeast, signal) => book.readNext({ atLeast, signal }),
  'readNext of nothing': (book, atLeast, signal) => book.readNext({ atLeast, signal, from: 5, to: 4 }),
  readPrev: (book, atLeast, signal) => book.readPrev({ atLeast, signal }),
  get: (book, atLeast, signal) => book.get(0, { atLeast, signal }),
  tail: (book, atLeast, signal) => book.tail({ atLeast, signal }),
  read: async (book, atLeast, signal) => collect(book.read({ atLeast, signal })),
  batches: async (book, atLeast, signal) => collect(book.read({ atLeast, signal, live: true }).batches()),
}

/** The same position with another number in one of its places. */
function changed(position: string, place: number, by: number): string {
  const parts = position.split('-')
  parts[place] = String(Number(parts[place]) + by)
  return parts.join('-')
}
const [termPlace, indexPlace] = [3, 4]

export function positionSuite({ scenario }: Suite): void {
  scenario(
    'what a position saw is seen by another handle and another book',
    async ({ t, log, book, open }) => {
      const second = await open()
      for (let i = 0; i < 20; i++) {
        const seqnum = await book.append(bytes(String(i)), { tags: ['a'] })
        const { position } = log.book('other')
        t.match(position, /^[0-9a-f-]{1,60}$/)
        const there = second.book('book')
        t.equal(await there.tail({ atLeast: position }), seqnum)
        t.equal(text(await there.readPrev({ tag: 'a', atLeast: position })), String(i))
        t.equal(text(await there.get(seqnum, { atLeast: position })), String(i))
        t.equal((await seqnums(there.read({ atLeast: position }))).at(-1), seqnum)
      }
    },
  )

  scenario('it stays where nothing happens, and moves with every commit', async ({ t, book }) => {
    const empty = book.position
    t.equal(book.position, empty)
    t.equal(await book.tail({ atLeast: empty }), -1)
    const told = new Set([empty])
    for (let i = 0; i < 10; i++) {
      await book.append(bytes('x'))
      t.notOk(told.has(book.position))
      told.add(book.position)
    }
    await book.trim({ before: 5 })
    t.notOk(told.has(book.position), 'a trim too')
    for (const position of told) t.type(await book.tail({ atLeast: position }), 'number')
  })

  scenario('one that is not reached yet is waited for', async ({ t, book }) => {
    await book.append(bytes('first'))
    const next = changed(book.position, indexPlace, 1)
    const waiting = Object.entries(reads).filter(([name]) => name !== 'batches')
    const answers = waiting.map(([name, read]) => ({ name, answer: read(book, next) }))
    const reader = book.read({ atLeast: next, live: true })[Symbol.asyncIterator]()
    const step = reader.next()
    for (const { name, answer } of answers) t.ok(await isWaiting(answer), name)
    t.ok(await isWaiting(step), 'live')
    const seqnum = await book.append(bytes('second'))
    for (const { name, answer } of answers) await soon(answer, name)
    t.equal(await answers.find(({ name }) => name === 'tail')?.answer, seqnum)
    t.equal(text((await soon(step, 'live')).value), 'first')
    await reader.return?.()
  })

  scenario(
    'a wait ends by its signal, by the end of its reader, and with the log',
    async ({ t, log, book }) => {
      const far = changed(book.position, indexPlace, 1000)
      for (const [name, read] of Object.entries(reads)) {
        const controller = new AbortController()
        const answer = read(book, far, controller.signal)
        t.ok(await isWaiting(answer), name)
        const reason = new Error(name)
        controller.abort(reason)
        t.equal(await answer.catch((error: unknown) => error), reason, name)
      }
      const reader = book.read({ atLeast: far })[Symbol.asyncIterator]()
      const step = reader.next()
      t.ok(await isWaiting(step))
      await reader.return?.()
      t.same(await soon(step, 'the step'), { done: true, value: undefined })
      const last = Object.entries(reads).map(([name, read]) => ({ name, answer: read(book, far) }))
      for (const { answer } of last) t.ok(await isWaiting(answer))
      await log.close()
      for (const { name, answer } of last) await rejects(t, () => answer, closed, name)
      throws(t, () => book.position, closed, 'position')
    },
  )

  scenario('those that never can be reached are refused', async ({ t, book }) => {
    await appendAll(book, [[], [], []])
    const { position } = book
    const stranger = position.replace(/-[0-9a-f]/, (digit) => (digit === '-0' ? '-1' : '-0'))
    const refused = {
      'of another log': [stranger, /another log/],
      'of a later opening': [changed(position, termPlace, 1), /later opening/],
      'of a newer version': [`2${position.slice(1)}`, /version 2/],
      empty: ['', /no position/],
      'some text': ['yesterday', /no position/],
      'with something behind it': [`${position}0000000000000000`, /no position/],
      'of another physical log': [changed(position, 2, 1), /no position/],
      'with a number too large': [position.replace(/[0-9]+$/, '9007199254740992'), /no position/],
      'far too long': [position.repeat(1000), /no position/],
    } as const
    for (const [name, [atLeast, message]] of Object.entries(refused)) {
      for (const [call, read] of Object.entries(reads)) {
        await rejects(t, () => read(book, atLeast), { ...range, message }, `${call}: ${name}`)
      }
      throws(t, () => book.read({ atLeast }), { ...range, message }, `read throws: ${name}`)
    }
    for (const value of [null, 5, {}, Buffer.from(position), ['x']]) {
      const wanted = { ...invalid, base: TypeError, message: /atLeast/ }
      await rejects(t, () => book.tail({ atLeast: wrong(value) }), wanted, 'tail')
      await rejects(t, () => book.get(0, { atLeast: wrong(value) }), wanted, 'get')
      throws(t, () => book.read({ atLeast: wrong(value) }), wanted, 'read')
    }
    throws(t, () => book.tailSync(wrong({ atLeast: position })), invalid, 'the Sync forms do not wait')
    t.equal(await book.tail({ atLeast: undefined }), 2)
  })

  scenario('it outlives the openings of its log', async ({ t, world, log, book }) => {
    const told: string[] = []
    let current: EmbeddedLog = log
    for (let opening = 0; opening < 5; opening++) {
      const here = opening === 0 ? book : current.book('book')
      const seqnum = await here.append(bytes(String(opening)))
      told.push(here.position)
      for (const position of told) t.equal(await here.tail({ atLeast: position }), seqnum)
      await current.close()
      current = await world.open()
    }
    const here = current.book('book')
    for (const position of told) t.not(await here.tail({ atLeast: position }), -1)
    await current.close()
  })

  scenario('onCaughtUp tells up to where all has been handed out', async ({ t, log, book, open }) => {
    await appendAll(book, [['a'], ['b'], ['a']])
    const { position } = book
    const caughtUp: string[] = []
    const reader = book.read({ tag: 'a', live: true, onCaughtUp: (told) => caughtUp.push(told) })
    const iterator = reader[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    const waiting = iterator.next()
    t.ok(await isWaiting(waiting))
    t.same(caughtUp, [position])
    const second = await open()
    t.equal(await second.book('book').tail({ atLeast: caughtUp[0] }), 2)
    await log.book('other').append(bytes('x'))
    await iterator.return?.()
    t.same(caughtUp, [position])
  })
}
