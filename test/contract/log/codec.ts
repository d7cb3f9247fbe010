// Codecs: values in and out, and that one bad value stops nothing else.

import { msgpackr } from '../../../src/codecs/msgpackr.js'
import { json } from '../../../src/log/codec.js'
import { isDaybookError } from '../../../src/log/errors.js'
import type { Codec } from '../../../src/log/types.js'
import {
  bytes,
  collect,
  invalid,
  invalidAppend,
  rejects,
  type Suite,
  text,
  throws,
  wrong,
} from './harness.js'

interface Order {
  readonly id: number
  readonly items: readonly string[]
}

export function codecSuite({ scenario }: Suite): void {
  scenario('json: values come back as they were', async ({ t, log }) => {
    const orders = log.book('orders', { codec: json<Order>() })
    const order: Order = { id: 9, items: ['tea', '☕', '\ud800', '\0'] }
    const seqnum = await orders.append(order, { tags: ['order:9'] })
    const [next = -1] = await orders.appendMany([{ data: { id: 10, items: [] } }])
    t.same((await orders.get(seqnum))?.value, order)
    t.same((await orders.readNext({ from: next }))?.value, { id: 10, items: [] })
    t.same(
      (await collect(orders.read())).map((record) => record.value.id),
      [9, 10],
    )
    t.equal(text(await log.book('orders').get(next)), '{"id":10,"items":[]}', 'the bytes are what they say')
    const same = log.book<Order>('orders', { codec: json })
    t.same((await same.get(next))?.value, { id: 10, items: [] }, 'json is a codec as it stands')
    for (const value of [null, 0, '', false, [], 'text']) {
      t.same((await same.get(await same.append(wrong(value))))?.value, value)
    }
  })

  scenario('json does not touch prototypes', async ({ t, log }) => {
    const seqnum = await log.book('book').append(bytes('{"__proto__":{"polluted":true}}'))
    const value = (await log.book('book', { codec: json<object>() }).get(seqnum))?.value
    t.equal(Object.getPrototypeOf(value), Object.prototype)
    t.notOk('polluted' in {})
  })

  scenario('msgpackr: values come back as they were', async ({ t, log }) => {
    const book = log.book('book', { codec: msgpackr<unknown>() })
    const values = [
      { id: 9, items: ['tea', '☕', '\0'], nested: { none: null, undefined, yes: true } },
      { bytes: Buffer.from([0, 255]), view: new Float64Array([1.5]), at: new Date(5), set: new Set([1]) },
      [0, -1, 1.5, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.NaN, -Infinity, 2n ** 62n, 2n ** 70n],
      ...[null, undefined, 0, '', false, 'text', 'x'.repeat(70_000)],
    ]
    const given = await book.appendMany(values.map((data) => ({ data })))
    t.strictSame(
      (await collect(book.read())).map((record) => record.value),
      values,
    )
    const same = log.book<{ id: number }>('book', { codec: msgpackr })
    t.equal((await same.get(given[0] ?? -1))?.value.id, 9, 'msgpackr is a codec as it stands')
    const plain = await same.get(await same.append({ id: 1 }))
    t.equal(Buffer.from(plain?.data ?? []).toString('hex'), '81a2696401', 'the bytes are plain MessagePack')
  })

  scenario('msgpackr: bytes of a value are not those of the record', async ({ t, log }) => {
    const book = log.book('book', { codec: msgpackr<Buffer>() })
    const record = await book.get(await book.append(bytes('bytes')))
    record?.value.fill(0)
    t.match(text(record), 'bytes')
  })

  scenario('msgpackr: what is no value, and damaged bytes, fail alone', async ({ t, log }) => {
    const raw = log.book('book')
    const book = log.book('book', { codec: msgpackr<unknown>() })
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    for (const value of [cyclic, () => 1, Symbol('s'), { key: Symbol('s') }]) {
      await rejects(t, () => book.append(value), invalidAppend, String(typeof value))
    }
    const good = await book.append({ secret: 'a secret', list: [1, 2, 3] })
    const data = Buffer.from((await raw.get(good))?.data ?? [])
    const damaged = [
      Buffer.alloc(0),
      data.subarray(0, -1),
      Buffer.concat([data, data]),
      Buffer.from('ddffffffff', 'hex'),
      Buffer.from('dbffffffff00', 'hex'),
    ]
    await raw.appendMany(damaged.map((bytes) => ({ data: bytes })))
    const records = await collect(book.read({ after: good }))
    t.equal(records.length, damaged.length)
    for (const record of records) {
      const error = throws(t, () => record.value, { code: 'ERR_DAYBOOK_DECODE' }, `${record.seqnum}`)
      t.ok(error.cause instanceof SyntaxError)
      t.notMatch(`${error.message} ${error.stack} ${String(error.cause)}`, /secret/, 'no payload in messages')
    }
    for (let bit = 0; bit < data.length * 8; bit++) {
      const flipped = Buffer.from(data)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const seqnum = await raw.append(flipped)
      try {
        void (await book.get(seqnum))?.value
      } catch (error) {
        t.ok(isDaybookError(error) && error.code === 'ERR_DAYBOOK_DECODE', `bit ${bit}`)
      }
    }
    t.match((await book.get(good))?.value, { secret: 'a secret' }, 'the codec still works')
  })

  scenario('value is decoded once, on first access', async ({ t, log }) => {
    let decoded = 0
    const codec: Codec<string> = {
      encode: (value) => bytes(value),
      decode: (data) => {
        decoded++
        return Buffer.from(data).toString()
      },
    }
    const book = log.book('book', { codec })
    await book.append('text')
    const [record] = await collect(book.read())
    t.equal(decoded, 0)
    t.equal(record?.value, 'text')
    t.equal(record?.value, 'text')
    t.equal(decoded, 1)
    t.equal(record?.copy().value, 'text')
  })

  scenario('a value that is undefined is decoded once, too', async ({ t, log }) => {
    let decoded = 0
    const codec: Codec<undefined> = { encode: () => bytes(''), decode: () => void decoded++ }
    const book = log.book('book', { codec })
    await book.append(undefined)
    const record = await book.readNext()
    t.equal(record?.value, undefined)
    t.equal(record?.value, undefined)
    t.equal(decoded, 1)
  })

  scenario('one bad record does not stop a reader', async ({ t, log }) => {
    const raw = log.book('book')
    await raw.append(bytes('{"good":1}'))
    const bad = await raw.append(bytes('a secret that is not JSON'))
    await raw.append(Buffer.from([0x22, 0xff, 0x22]))
    await raw.append(bytes('{"good":2}'))
    const records = await collect(log.book('book', { codec: json<{ good: number }>() }).read())
    t.equal(records.length, 4)
    t.equal(records[0]?.value.good, 1)
    t.equal(records[3]?.value.good, 2)
    const decode = { code: 'ERR_DAYBOOK_DECODE', message: new RegExp(`seqnum ${bad}`) } as const
    const error = throws(t, () => records[1]?.value, decode, 'value')
    t.ok(error.cause instanceof SyntaxError)
    t.notMatch(`${error.message} ${error.stack} ${String(error.cause)}`, /secret/, 'no payload in messages')
    t.equal(text(records[1] ?? null), 'a secret that is not JSON', 'the bytes are there')
    throws(t, () => records[1]?.value, decode, 'value again')
    throws(t, () => records[2]?.value, { code: 'ERR_DAYBOOK_DECODE' }, 'bytes that are not UTF-8')
  })

  scenario('a codec that cannot encode fails the append alone', async ({ t, log }) => {
    const failure = new Error('not this one')
    const codec: Codec<unknown> = {
      encode: (value) => {
        if (value === 'throw') throw failure
        return wrong(value)
      },
      decode: (data) => data,
    }
    const book = log.book('book', { codec })
    const error = await rejects(t, () => book.append('throw'), invalidAppend, 'encode throws')
    t.equal(error.cause, failure)
    for (const value of ['text', null, undefined, 5, {}, new ArrayBuffer(4), new Uint16Array(4)]) {
      await rejects(
        t,
        () => book.append(value),
        { ...invalidAppend, base: TypeError },
        'encode gives no bytes',
      )
    }
    const group = [{ data: bytes('good') }, { data: 'throw' }]
    await rejects(t, () => book.appendMany(group), invalidAppend, 'in a group')
    t.equal(await book.tail(), -1)
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    const ofJson = log.book('book', { codec: json<unknown>() })
    for (const value of [cyclic, undefined, () => 1, 1n, Symbol('s')]) {
      await rejects(t, () => ofJson.append(value), invalidAppend, 'json')
    }
  })

  scenario('a codec may use the book', async ({ t, log }) => {
    const raw = log.book('book')
    let inner: Promise<number> | undefined
    const codec: Codec<string> = {
      encode: (value) => {
        inner = raw.append(bytes('from inside'))
        return bytes(value)
      },
      decode: (data) => Buffer.from(data).toString(),
    }
    const outer = await log.book('book', { codec }).append('outside')
    t.ok(inner !== undefined && (await inner) < outer)
  })

  scenario('what is no codec is refused', async ({ t, log }) => {
    const half = { encode: () => bytes('') }
    for (const codec of [null, 'json', 5, {}, half, { ...half, decode: 'no' }, () => half]) {
      const error = throws(t, () => log.book('book', wrong({ codec })), invalid, 'codec')
      t.ok(isDaybookError(error))
    }
  })
}
