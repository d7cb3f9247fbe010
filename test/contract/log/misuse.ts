// Bad arguments: each is refused by its own error before anything happens, and never silently changed.

import type { Codec } from '../../../src/log/types.js'
import {
  bytes,
  collect,
  invalid,
  invalidAppend,
  rejects,
  type Scene,
  type Suite,
  seqnums,
  soon,
  text,
  throws,
  wrong,
} from './harness.js'

const notANumber: readonly unknown[] = [
  '1',
  1n,
  2n ** 64n,
  null,
  {},
  [],
  true,
  { valueOf: () => 1 },
  new Date(0),
]
const notABound = [Number.NaN, -2, 1.5, 2 ** 53, -Number.MAX_VALUE, Number.NEGATIVE_INFINITY, 0.1 + 0.2]
const badTags: readonly (readonly [string, unknown])[] = [
  ['empty', ''],
  ['too long', 'x'.repeat(256)],
  ['too long in bytes', '€'.repeat(86)],
  ['64 KiB', 'x'.repeat(65_536)],
  ['a lone high surrogate', 'a\ud800'],
  ['a lone low surrogate', '\udc00a'],
  ['surrogates the wrong way round', '\udc00\ud800'],
  ['a number', 5],
  ['null', null],
  ['a String object', Object('tag')],
  ['bytes', Buffer.from('tag')],
]

/** Every promise-returning call of a book that takes `options`, with `options` given. */
function optionCalls({ book }: Scene) {
  const calls = {
    append: (options: unknown) => book.append(bytes('x'), wrong(options)),
    appendMany: (options: unknown) => book.appendMany([{ data: bytes('x') }], wrong(options)),
    readNext: (options: unknown) => book.readNext(wrong(options)),
    readPrev: (options: unknown) => book.readPrev(wrong(options)),
    get: (options: unknown) => book.get(0, wrong(options)),
    tail: (options: unknown) => book.tail(wrong(options)),
    trim: (options: unknown) => book.trim(wrong(options)),
  }
  return calls
}

export function misuseSuite({ scenario }: Suite): void {
  scenario('what is no seqnum is refused, wherever one is asked for', async ({ t, book }) => {
    for (const [values, base] of [
      [notANumber, TypeError],
      [notABound, RangeError],
    ] as const) {
      const wanted = { ...invalid, base }
      for (const value of values) {
        for (const name of ['from', 'after', 'to', 'before']) {
          const options = wrong({ [name]: value })
          const named = { ...wanted, message: new RegExp(name) }
          await rejects(t, () => book.readNext(options), named, `readNext ${name}`)
          await rejects(t, () => book.readPrev(options), named, `readPrev ${name}`)
          throws(t, () => book.read(options), named, `read ${name}`)
        }
        await rejects(t, () => book.get(wrong(value)), wanted, 'get')
        await rejects(
          t,
          () => book.trim({ before: wrong(value) }),
          { ...wanted, outcome: 'notWritten' },
          'trim',
        )
      }
    }
    await rejects(t, () => book.get(wrong(undefined)), { ...invalid, base: TypeError }, 'get')
  })

  scenario('limit is a whole number from 0 on', async ({ t, book }) => {
    for (const limit of [...notANumber, ...notABound, -1]) {
      throws(t, () => book.read({ limit: wrong(limit) }), { ...invalid, message: /limit/ }, 'limit')
    }
  })

  scenario('bad tags are refused whole, never cut short', async ({ t, book }) => {
    for (const [name, tag] of badTags) {
      const tags = wrong(['good', tag])
      await rejects(t, () => book.append(bytes('x'), { tags }), invalidAppend, `append: ${name}`)
      await rejects(
        t,
        () => book.appendMany([{ data: bytes('x'), tags }]),
        invalidAppend,
        `appendMany: ${name}`,
      )
      await rejects(t, () => book.readNext({ tag: wrong(tag) }), invalid, `readNext: ${name}`)
      await rejects(t, () => book.tail({ tag: wrong(tag) }), invalid, `tail: ${name}`)
      throws(t, () => book.read({ tag: wrong(tag) }), invalid, `read: ${name}`)
    }
    const sparse = ['a', 'b']
    delete sparse[0]
    const lists = [
      'tag',
      new Set(['tag']),
      { 0: 'tag', length: 1 },
      null,
      5,
      sparse,
      [undefined],
      [['nested']],
    ]
    for (const tags of lists) {
      await rejects(t, () => book.append(bytes('x'), { tags: wrong(tags) }), invalidAppend, 'list of tags')
    }
    for (const count of [257, 10_000]) {
      const tags = Array.from({ length: count }, (_, i) => `tag:${i}`)
      await rejects(
        t,
        () => book.append(bytes('x'), { tags }),
        { ...invalidAppend, message: /256/ },
        `${count} tags`,
      )
    }
    t.equal(await book.tail(), -1, 'nothing was written')
  })

  scenario('bad names of books are refused', async ({ t, log }) => {
    for (const [name, value] of badTags) {
      throws(t, () => log.book(wrong(value)), invalid, name)
      await rejects(t, () => log.drop(wrong(value)), invalidAppend, `drop: ${name}`)
    }
    throws(t, () => wrong(log).book(), invalid, 'no name')
    for (const name of ['x'.repeat(255), '€'.repeat(85), '../..', 'a/b', '\0', '__proto__', ' ']) {
      const seqnum = await log.book(name).append(bytes(name))
      t.equal(Buffer.from((await log.book(name).get(seqnum))?.data ?? []).toString(), name)
    }
  })

  scenario('what is no byte array is refused', async ({ t, book }) => {
    const array = new ArrayBuffer(8)
    const detached = new Uint8Array(array)
    structuredClone(array, { transfer: [array] })
    const Resizable: new (
      length: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & {
      resize(length: number): void
    } = wrong(ArrayBuffer)
    const shrinking = new Resizable(8, { maxByteLength: 8 })
    const uncovered = new Uint8Array(shrinking, 4, 4)
    shrinking.resize(2)
    const impostor = Object.create(Uint8Array.prototype)
    const values = [
      'text',
      5,
      null,
      undefined,
      {},
      [1, 2],
      new ArrayBuffer(4),
      new Uint16Array(2),
      new Int8Array(2),
    ]
    for (const data of [...values, new DataView(new ArrayBuffer(4)), impostor, detached, uncovered]) {
      const wanted = { ...invalidAppend, base: TypeError, message: /data/ }
      await rejects(t, () => book.append(wrong(data)), wanted, 'append')
      await rejects(t, () => book.appendMany([{ data: wrong(data) }]), wanted, 'appendMany')
    }
    for (const items of ['text', null, undefined, {}, new Set(), { data: bytes('x') }]) {
      await rejects(t, () => book.appendMany(wrong(items)), invalidAppend, 'items')
    }
    t.equal(await book.tail(), -1)
  })

  scenario('unknown options are refused by name, in every call', async (scene) => {
    const { t, log, book } = scene
    const calls = optionCalls(scene)
    for (const [name, call] of Object.entries(calls)) {
      for (const key of ['unknown', 'expected', 'constructor']) {
        const options = { [key]: undefined, ...(name === 'trim' ? { before: 0 } : {}) }
        await rejects(t, () => call(options), { ...invalid, message: new RegExp(key) }, `${name} ${key}`)
      }
      const parsed = JSON.parse('{"__proto__": 1}')
      await rejects(t, () => call(parsed), { ...invalid, message: /__proto__/ }, `${name} __proto__`)
    }
    await rejects(t, () => calls.tail({ from: 0 }), invalid, 'tail with a bound')
    await rejects(t, () => calls.readNext({ limit: 1 }), invalid, 'readNext with a limit')
    await rejects(t, () => calls.appendMany({ tags: ['a'] }), invalid, 'tags of a group')
    throws(t, () => book.read(wrong({ matches: { all: ['a'] } })), { ...invalid, message: /matches/ }, 'read')
    throws(t, () => log.book('book', wrong({ code: 5 })), { ...invalid, message: /code/ }, 'book')
    await rejects(t, () => log.close(wrong({ force: true })), { ...invalid, message: /force/ }, 'close')
    t.equal(log.status.state, 'open')
    const item = { data: bytes('x'), expect: { after: -1 } }
    await rejects(t, () => book.appendMany([wrong(item)]), { ...invalidAppend, message: /expect/ }, 'item')
    t.equal(await book.tail(), -1)
  })

  scenario('options are plain objects, read once, own keys only', async (scene) => {
    const { t, book } = scene
    const calls = optionCalls(scene)
    for (const [name, call] of Object.entries(calls)) {
      for (const options of [null, 5, 'text', true, [], () => {}, new Map(), new (class Options {})()]) {
        await rejects(t, () => call(options), invalid, `${name} with what is no plain object`)
      }
      const smuggled = Object.create({ expect: { after: 0 } })
      await rejects(t, () => call(smuggled), invalid, `${name} with inherited options`)
      const throwing = {
        get signal(): never {
          throw new Error('from the getter')
        },
      }
      const error = await rejects(t, () => call(throwing), invalid, `${name} with a getter that throws`)
      if (name !== 'trim') t.match(error.cause, { message: 'from the getter' })
    }
    let reads = 0
    const once = {
      get tags() {
        reads++
        return reads === 1 ? ['first'] : ['second']
      },
    }
    const seqnum = await book.append(bytes('x'), once)
    t.equal(reads, 1)
    t.same((await book.get(seqnum))?.tags, ['first'])
  })

  scenario('frozen options and those without a prototype are fine', async ({ t, book }) => {
    const bare = Object.assign(Object.create(null), { tags: Object.freeze(['a']) })
    const given = [
      await book.append(bytes('x'), Object.freeze({ tags: Object.freeze(['a']) })),
      await book.append(bytes('x'), bare),
    ]
    t.same(await seqnums(book.read(Object.freeze({ tag: 'a' }))), given)
  })

  scenario('a polluted Object.prototype adds no options', async ({ t, book }) => {
    const prototype = Object.prototype as { limit?: number; tag?: string }
    try {
      const given = [await book.append(bytes('x'), {}), await book.append(bytes('y'), {})]
      prototype.limit = 1
      prototype.tag = 'absent'
      t.same(await seqnums(book.read({})), given)
      t.equal((await book.readNext({}))?.seqnum, given[0])
    } finally {
      delete prototype.limit
      delete prototype.tag
    }
  })

  scenario('values of other options are checked', async ({ t, log, book }) => {
    for (const durability of ['', 'memory', 'DISK', 'replicated', null, 5, true]) {
      const options = { durability: wrong(durability) }
      const wanted = { ...invalidAppend, message: /durability/ }
      await rejects(t, () => book.append(bytes('x'), options), wanted, 'append')
      await rejects(t, () => book.appendMany([{ data: bytes('x') }], options), wanted, 'appendMany')
    }
    for (const signal of [null, 5, {}, new AbortController(), { aborted: true }]) {
      await rejects(t, () => book.append(bytes('x'), { signal: wrong(signal) }), invalidAppend, 'append')
      await rejects(t, () => book.get(0, { signal: wrong(signal) }), invalid, 'get')
      throws(t, () => book.read({ signal: wrong(signal) }), invalid, 'read')
    }
    for (const flag of ['true', 1, 0, null]) {
      throws(t, () => book.read({ live: wrong(flag) }), { ...invalid, message: /live/ }, 'live')
      throws(t, () => book.read({ reverse: wrong(flag) }), { ...invalid, message: /reverse/ }, 'reverse')
      throws(t, () => book.read({ onTrim: wrong(flag) }), { ...invalid, message: /onTrim/ }, 'onTrim')
    }
    throws(
      t,
      () => book.read({ live: true, onCaughtUp: wrong('f') }),
      { ...invalid, message: /onCaughtUp/ },
      'callback',
    )
    throws(
      t,
      () => book.read({ live: true, reverse: true }),
      { ...invalid, message: /reverse/ },
      'live backwards',
    )
    throws(
      t,
      () => book.read({ onCaughtUp: () => {} }),
      { ...invalid, message: /live/ },
      'a callback without live',
    )
    for (const time of [0, '2026-01-01', null, undefined, {}, new Date(Number.NaN)]) {
      await rejects(t, () => book.seqnumAt(wrong(time)), { ...invalid, message: /time/ }, 'seqnumAt')
    }
    for (const timeout of [-1, Number.NaN, 1.5, '1', null]) {
      await rejects(
        t,
        () => log.close({ timeout: wrong(timeout) }),
        { ...invalid, message: /timeout/ },
        'close',
      )
    }
    t.equal(log.status.state, 'open', 'a refused close closes nothing')
    t.equal(await book.tail(), -1)
  })

  scenario(
    'what is given is looked at once, and what changes meanwhile harms nobody',
    async ({ t, book }) => {
      const good = ['good', 'other']
      const badLater: unknown[] = ['x'.repeat(70_000), '', 5, undefined, Symbol('no string')]
      const appends: Promise<unknown>[] = []
      const before = book.append(bytes('before'), { tags: good })
      for (const later of badLater) {
        const changing = (first: unknown) => {
          let looks = 0
          return { get: () => (looks++ === 0 ? first : later), enumerable: true, configurable: true }
        }
        const tags = () => Object.defineProperty(['', 'other'], 0, changing('good'))
        appends.push(book.append(bytes('x'), { tags: tags() }), book.append(bytes('x'), { tags: good }))
        const whole = Object.defineProperties(wrong({}), {
          data: changing(bytes('x')),
          tags: changing(tags()),
        })
        const items = [{ data: bytes('x'), tags: tags() }, wrong(null)]
        appends.push(book.appendMany(Object.defineProperty(items, 1, changing(whole))))
        const options = Object.defineProperties({}, { tags: changing(good), durability: changing('os') })
        appends.push(book.append(bytes('x'), options))
      }
      const results = await soon(Promise.allSettled([before, ...appends]), 'appends')
      t.same(new Set(results.map(({ status }) => status)), new Set(['fulfilled']))
      const records = await collect(book.read())
      t.equal(records.length, 1 + 5 * badLater.length)
      for (const { tags } of records) t.same(tags, good)
    },
  )

  scenario(
    'bytes are as long as they are, whatever their class says of it',
    async ({ t, log, book }) => {
      const own = { length: { get: () => said }, byteLength: { get: () => said } }
      let said = 0
      class Liar extends Uint8Array {}
      Object.defineProperties(Liar.prototype, own)
      const liars = (text: string) => [
        Liar.from(bytes(text)),
        Object.defineProperties(Uint8Array.from(bytes(text)), own),
        Object.defineProperties(Buffer.from(text), own),
      ]
      const codec: Codec<Uint8Array> = { encode: (value) => value, decode: (data) => data }
      const coded = log.book('book', { codec })
      await book.append(bytes('a secret '.repeat(100)))
      for (said of [0, 1, 3000, 5000, -1, Number.NaN]) {
        for (const data of liars('true')) {
          const given = await Promise.all([
            book.append(data),
            coded.append(data),
            book.appendMany([{ data }, { data: bytes('next') }]).then(([first]) => first as number),
            book.append(bytes('behind')),
          ])
          const texts = given.map(async (seqnum) => text(await book.get(seqnum)))
          t.same(await Promise.all(texts), ['true', 'true', 'true', 'behind'])
        }
        for (const data of liars('x'.repeat(5000))) {
          const wanted = { code: 'ERR_DAYBOOK_TOO_LARGE', outcome: 'notWritten' } as const
          await rejects(t, () => book.append(data), wanted, 'append')
          await rejects(t, () => book.appendMany([{ data }]), wanted, 'appendMany')
        }
      }
    },
    { maxRecordBytes: 4096 },
  )

  scenario('an append that fails halfway is not written, and those beside it are', async ({ t, book }) => {
    const failure = new Error('from the caller')
    const throwing = {
      get: () => {
        throw failure
      },
      enumerable: true,
    }
    const detachedBy = (look: (view: Uint8Array, detach: () => void) => Promise<unknown>) => {
      const view = new Uint8Array(100)
      return look(view, () => structuredClone(view.buffer, { transfer: [view.buffer] }))
    }
    const revoked = Proxy.revocable([], {})
    revoked.revoke()
    const calls: (() => Promise<unknown>)[] = [
      () => book.append(bytes('x'), { tags: Object.defineProperty(['a', 'b'], 1, throwing) }),
      () => book.append(bytes('x'), Object.defineProperty({}, 'tags', throwing)),
      () => book.append(bytes('x'), { tags: revoked.proxy }),
      () => book.append(wrong(revoked.proxy)),
      () => book.appendMany(revoked.proxy),
      () => book.appendMany(Object.defineProperty([{ data: bytes('x') }, wrong(null)], 1, throwing)),
      () => book.appendMany([{ data: bytes('x') }, Object.defineProperty(wrong({}), 'data', throwing)]),
      () =>
        detachedBy((view, detach) =>
          book.appendMany([
            { data: bytes('x'.repeat(1000)), tags: ['a'] },
            { data: view },
            Object.defineProperty(wrong({}), 'data', {
              get: () => {
                detach()
                return bytes('x')
              },
              enumerable: true,
            }),
          ]),
        ),
      () =>
        detachedBy((view, detach) => {
          let looks = 0
          const signal = new AbortController().signal
          Object.defineProperty(signal, 'aborted', {
            get: () => {
              if (looks++ > 0) detach()
              return false
            },
          })
          return book.append(view, { signal })
        }),
    ]
    const beside: Promise<number>[] = []
    for (const [i, call] of calls.entries()) {
      beside.push(book.append(bytes(`before ${i}`), { tags: ['a'] }))
      const failed = rejects(t, call, invalidAppend, `call ${i}`)
      beside.push(book.append(bytes(`behind ${i}`), { tags: ['a'] }))
      await failed
    }
    const given = await soon(Promise.all(beside), 'appends')
    t.same(await seqnums(book.read({ tag: 'a' })), given)
    t.same(await seqnums(book.read()), given)
  })

  scenario('a refused call holds nothing up', async ({ t, book }) => {
    const bad = book.append(wrong('text'))
    const good = book.append(bytes('good'))
    await t.rejects(bad)
    const seqnum = await good
    t.same(await seqnums(book.read()), [seqnum])
  })
}
