// AbortSignal before, during and after a call.

import { getEventListeners } from 'node:events'
import type { EmbeddedBook } from '../../../src/log/types.js'
import { bytes, collect, type Suite, soon, text, turnOfLoop } from './harness.js'

type Call = (book: EmbeddedBook, signal: AbortSignal) => Promise<unknown>

const calls: Readonly<Record<string, Call>> = {
  append: (book, signal) => book.append(bytes('aborted'), { signal }),
  appendMany: (book, signal) => book.appendMany([{ data: bytes('aborted') }], { signal }),
  'appendMany of nothing': (book, signal) => book.appendMany([], { signal }),
  readNext: (book, signal) => book.readNext({ signal }),
  readPrev: (book, signal) => book.readPrev({ signal }),
  'readNext of nothing': (book, signal) => book.readNext({ signal, from: 5, to: 4 }),
  get: (book, signal) => book.get(0, { signal }),
  tail: (book, signal) => book.tail({ signal }),
  read: (book, signal) => collect(book.read({ signal })),
  batches: (book, signal) => collect(book.read({ signal }).batches()),
}

export function cancellationSuite({ scenario }: Suite): void {
  scenario('a signal that has aborted: the reason, and nothing is written', async ({ t, book }) => {
    for (const [name, call] of Object.entries(calls)) {
      const reason = new Error(name)
      const error = await call(book, AbortSignal.abort(reason)).catch((caught: unknown) => caught)
      t.equal(error, reason, name)
      const standard = await call(book, AbortSignal.abort()).catch((caught: unknown) => caught)
      t.match(standard, { name: 'AbortError' }, name)
    }
    await book.append(bytes('behind'))
    t.same((await collect(book.read())).map(text), ['behind'])
  })

  scenario('an abort while an append runs: the reason, and the record at most once', async ({ t, book }) => {
    for (let i = 0; i < 10; i++) {
      const controller = new AbortController()
      const { signal } = controller
      const append = book.append(bytes(`aborted ${i}`), { signal })
      const group = book.appendMany([{ data: bytes(`aborted ${i}, in a group`) }], { signal })
      const reason = new Error('enough')
      controller.abort(reason)
      for (const promise of [append, group] as Promise<unknown>[]) {
        t.equal(await soon(promise, 'the append').catch((caught: unknown) => caught), reason)
      }
      t.equal(getEventListeners(signal, 'abort').length, 0)
    }
    await book.append(bytes('behind'))
    const found = (await collect(book.read())).map(text)
    t.equal(new Set(found).size, found.length, 'nothing is there twice')
    t.equal(found.at(-1), 'behind')
  })

  scenario('an abort while a read runs: the reason', async ({ t, book }) => {
    await book.append(bytes('x'))
    for (const name of ['readNext', 'readPrev', 'get', 'tail', 'read', 'batches']) {
      const controller = new AbortController()
      const running = (calls[name] as Call)(book, controller.signal)
      const reason = new Error(name)
      controller.abort(reason)
      t.equal(await soon(running, name).catch((caught: unknown) => caught), reason, name)
      t.equal(getEventListeners(controller.signal, 'abort').length, 0, name)
    }
  })

  scenario('an abort after the end changes nothing, and no listener is left', async ({ t, book }) => {
    const controller = new AbortController()
    for (const [name, call] of Object.entries(calls)) {
      await call(book, controller.signal)
      t.equal(getEventListeners(controller.signal, 'abort').length, 0, name)
    }
    const seqnum = await book.append(bytes('acknowledged'), { signal: controller.signal })
    controller.abort()
    await turnOfLoop()
    t.equal(text(await book.get(seqnum)), 'acknowledged')
  })

  scenario('no listener is left by a call that fails', async ({ t, log, book }) => {
    const { signal } = new AbortController()
    const pending = book.append(bytes('x'), { signal })
    await Promise.allSettled([pending, log.close()])
    await book.append(bytes('x'), { signal }).catch(() => {})
    await book.readNext({ signal }).catch(() => {})
    t.equal(getEventListeners(signal, 'abort').length, 0)
  })

  scenario('a signal that aborts while the arguments are read stops the append', async ({ t, log }) => {
    const controller = new AbortController()
    const codec = {
      encode: (value: string) => {
        controller.abort(new Error('from the codec'))
        return bytes(value)
      },
      decode: (data: Uint8Array) => Buffer.from(data).toString(),
    }
    const book = log.book('book', { codec })
    await t.rejects(book.append('x', { signal: controller.signal }), { message: 'from the codec' })
    t.equal(await book.tail(), -1)
  })
}
