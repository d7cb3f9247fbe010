// Appends: order, visibility, tags, groups, and that the caller's memory is the caller's.

import { randomBytes } from 'node:crypto'
import {
  appendAll,
  bytes,
  collect,
  isWaiting,
  rejects,
  type Suite,
  seqnums,
  shape,
  text,
  wrong,
} from './harness.js'

export function appendSuite({ scenario }: Suite): void {
  scenario('an acknowledged record is there for every read', async ({ t, book }) => {
    const seqnum = await book.append(bytes('first'), { tags: ['order:9', 'user:42'] })
    t.ok(Number.isSafeInteger(seqnum) && seqnum >= 0, 'a seqnum is a safe integer from 0 on')
    const found = await book.get(seqnum)
    t.match(found, { seqnum, tags: ['order:9', 'user:42'] })
    t.equal(text(found), 'first')
    for (const options of [{}, { tag: 'order:9' }, { tag: 'user:42' }]) {
      t.equal((await book.readNext(options))?.seqnum, seqnum)
      t.equal((await book.readPrev(options))?.seqnum, seqnum)
      t.equal(await book.tail(options), seqnum)
      t.same(await seqnums(book.read(options)), [seqnum])
    }
    t.equal(await book.readNext({ tag: 'order' }), null, 'a prefix of a tag is another tag')
  })

  scenario('seqnums grow, and appends made without waiting keep their order', async ({ t, book }) => {
    const given = await appendAll(
      book,
      Array.from({ length: 500 }, (_, i) => [`parity:${i % 2}`]),
    )
    t.same(
      given,
      [...given].sort((a, b) => a - b),
    )
    t.equal(new Set(given).size, given.length, 'each has a seqnum of its own')
    const records = await collect(book.read())
    t.same(
      records.map(text),
      Array.from({ length: 500 }, (_, i) => String(i)),
    )
    t.same(
      await seqnums(book.read({ tag: 'parity:1' })),
      given.filter((_, i) => i % 2 === 1),
    )
  })

  scenario('an append begun after another was acknowledged comes behind it', async ({ t, log }) => {
    let last = -1
    for (let i = 0; i < 20; i++) {
      const seqnum = await log.book('book').append(bytes(String(i)))
      t.ok(seqnum > last)
      last = seqnum
    }
  })

  scenario('books are apart: what one holds no other shows', async ({ t, log }) => {
    const [left, right] = [log.book('left'), log.book('right')]
    const inLeft = await left.append(bytes('left'), { tags: ['shared'] })
    const inRight = await right.append(bytes('right'), { tags: ['shared'] })
    t.equal(text(await left.readNext({ tag: 'shared' })), 'left')
    t.equal(text(await right.readNext({ tag: 'shared' })), 'right')
    t.equal(await left.tail({ tag: 'shared' }), inLeft)
    if (inRight !== inLeft)
      t.equal(await left.get(inRight), null, 'a seqnum of another book holds nothing here')
    t.equal(text(await log.book('left').get(inLeft)), 'left', 'two views of one name are one book')
    t.equal(left.name, 'left')
  })

  scenario('zero bytes are a record', async ({ t, book }) => {
    const seqnum = await book.append(new Uint8Array(0), { tags: ['empty'] })
    const found = await book.get(seqnum)
    t.equal(found?.data.byteLength, 0)
    t.same(await seqnums(book.read({ tag: 'empty' })), [seqnum])
    const [inGroup = -1] = await book.appendMany([{ data: Buffer.alloc(0) }])
    t.equal((await book.get(inGroup))?.data.byteLength, 0)
  })

  scenario('bytes come back as they were, whatever the length', async ({ t, book }) => {
    for (const length of [1, 7, 8, 255, 256, 4095, 4096, 4097, 65_536, 1_500_000]) {
      const data = randomBytes(length)
      const record = await book.get(await book.append(data, { tags: [`length:${length}`] }))
      t.ok(record !== null && data.equals(record.data), `${length} bytes`)
    }
  })

  scenario('tags: none, many, long, odd', async ({ t, book }) => {
    const lists = [
      [],
      Array.from({ length: 256 }, (_, i) => `tag:${i}`),
      ['x'.repeat(255), '€'.repeat(85), '😀'.repeat(63)],
      ['a', 'a\0', '\0a', '\0', 'ab', ' a', 'A', 'é', 'e\u0301'],
      ['__proto__', 'constructor', 'toString', 'length'],
      ['\uFEFFbom', '\uFFFD', '\u{10FFFF}', '\x7f', '\x80'],
    ]
    for (const tags of lists) {
      const seqnum = await book.append(bytes('x'), { tags })
      t.same((await book.get(seqnum))?.tags, tags)
      for (const tag of tags) {
        t.same(
          await seqnums(book.read({ tag })),
          [seqnum],
          `only this record has ${JSON.stringify(tag.slice(0, 9))}`,
        )
      }
    }
  })

  scenario('duplicate tags are merged, the order is kept', async ({ t, book }) => {
    const one = await book.append(bytes('x'), { tags: ['b', 'a', 'b', 'c', 'a'] })
    t.same((await book.get(one))?.tags, ['b', 'a', 'c'])
    t.same(await seqnums(book.read({ tag: 'b' })), [one])
    const many = Array.from({ length: 256 }, (_, i) => `tag:${i % 100}`)
    const [two = -1] = await book.appendMany([{ data: bytes('y'), tags: many }])
    t.same((await book.get(two))?.tags, many.slice(0, 100))
  })

  scenario('changing bytes and tags after the call changes no record', async ({ t, book }) => {
    const data = bytes('before')
    const tags = ['before']
    const items = [{ data: bytes('before'), tags: ['before'] }]
    const appends = [book.append(data, { tags }), book.appendMany(items)] as const
    data.fill('!')
    tags[0] = 'after'
    tags.push('more')
    items[0]?.data.fill('!')
    items[0]?.tags.push('more')
    items.push({ data: bytes('late'), tags: [] })
    const one = await appends[0]
    const group = await appends[1]
    t.equal(group.length, 1)
    for (const seqnum of [one, ...group]) {
      const record = await book.get(seqnum)
      t.equal(text(record), 'before')
      t.same(record?.tags, ['before'])
    }
  })

  scenario('every kind of byte view is taken', async ({ t, book }) => {
    const pooled = Buffer.from('slice of the pool').subarray(9, 13)
    const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 4)
    shared.set(bytes('shar'))
    // Resizable buffers are part of every supported Node, but not of the ES2023 library types.
    const Resizable: new (length: number, options: { maxByteLength: number }) => ArrayBuffer =
      wrong(ArrayBuffer)
    const resizable = new Resizable(4, { maxByteLength: 16 })
    const tracking = new Uint8Array(resizable)
    tracking.set(bytes('size'))
    class Extended extends Uint8Array {}
    const extended = Extended.from(bytes('mine'))
    for (const [view, expected] of [
      [pooled, 'the '],
      [shared, 'shar'],
      [tracking, 'size'],
      [extended, 'mine'],
    ] as const) {
      t.equal(text(await book.get(await book.append(view))), expected)
    }
  })

  scenario('a group has consecutive seqnums, also among other appends', async ({ t, book }) => {
    const group = (name: string, size: number) =>
      book.appendMany(Array.from({ length: size }, (_, i) => ({ data: bytes(`${name}${i}`), tags: [name] })))
    const before = book.append(bytes('before'))
    const groups = [group('a', 40), group('b', 1), group('c', 300)]
    const after = book.append(bytes('after'))
    const given = await Promise.all(groups)
    for (const [i, list] of given.entries()) {
      t.same(
        list,
        Array.from(list, (_, k) => (list[0] as number) + k),
        `group ${i} is consecutive`,
      )
    }
    const all = [await before, ...given.flat(), await after]
    t.same(
      all,
      [...all].sort((a, b) => a - b),
      'in the order of the calls',
    )
    t.same(
      (await collect(book.read({ tag: 'a' }))).map(text),
      Array.from({ length: 40 }, (_, i) => `a${i}`),
    )
    const stamps = (await collect(book.read({ tag: 'c' }))).map((record) => record.timestamp)
    t.equal(new Set(stamps).size, 1, 'a group is ordered at one moment')
  })

  scenario('an empty group writes nothing', async ({ t, book }) => {
    t.same(await book.appendMany([]), [])
    t.equal(await book.tail(), -1)
  })

  scenario('a group with one bad member is not written at all', async ({ t, book }) => {
    const good = { data: bytes('good'), tags: ['good'] }
    for (const bad of [
      { data: 'text' },
      { data: bytes('x'), tags: [''] },
      null,
      undefined,
      { data: bytes('x'), key: 'k' },
    ]) {
      const error = await rejects(
        t,
        () => book.appendMany(wrong([good, good, bad])),
        { code: 'ERR_DAYBOOK_INVALID_ARG', outcome: 'notWritten' },
        'bad member',
      )
      t.ok(error)
    }
    await book.append(bytes('behind'))
    t.same((await collect(book.read())).map(text), ['behind'])
  })

  scenario('each append may choose its durability', async ({ t, world, log, book }) => {
    const first = await book.append(bytes('disk'), { durability: 'disk' })
    const second = await book.append(bytes('os'), { durability: 'os' })
    const mixed = await Promise.all([
      book.append(bytes('0'), { durability: 'os' }),
      book.append(bytes('1'), { durability: 'disk' }),
      book.appendMany([{ data: bytes('2') }, { data: bytes('3') }], { durability: 'os' }),
      book.append(bytes('4')),
    ])
    const expected = [first, second, ...mixed.flat()]
    t.same(await seqnums(book.read()), expected)
    t.same(
      expected,
      [...expected].sort((a, b) => a - b),
    )
    const before = (await collect(book.read())).map(shape)
    await log.close()
    const again = await world.open({ durability: 'os' })
    try {
      t.same((await collect(again.book('book').read())).map(shape), before, 'both are there after reopening')
      t.ok((await again.book('book').append(bytes('5'))) > (expected.at(-1) as number))
    } finally {
      await again.close()
    }
  })

  scenario(
    'an append in the continuation of an append does not wait for anything else',
    async ({ t, book }) => {
      let chain: Promise<number> = book.append(bytes('0'))
      for (let i = 1; i < 30; i++) chain = chain.then(() => book.append(bytes(String(i))))
      await chain
      t.equal((await collect(book.read())).length, 30)
    },
  )

  scenario('ready resolves at once when nothing is pending', async ({ t, log }) => {
    t.notOk(await isWaiting(log.ready()))
  })
}
