import t from 'tap'
import { type MetalogCommand, MetalogEntry, type MetalogEntryFields } from '../../../src/order/index.js'

const log = new Uint8Array(16).fill(3)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const invalid = { code: 'ERR_DAYBOOK_INVALID_ARG' }

const commands: MetalogCommand[] = [
  { kind: 'nameBook', book: 1, name: 'orders' },
  { kind: 'trimBook', book: 1, before: 1000 },
  { kind: 'recover', lostTerm: 3, lastBatch: 129, lastChecksum: 0x01020304 },
]
const fields: MetalogEntryFields = {
  index: 300,
  timestamp: 1_700_000_000_000,
  firstSeqnum: 70_000,
  cut: [
    { shard: 0, progress: 5 },
    { shard: 200, progress: 1000 },
  ],
  commands,
}
/** The example of native/log/metalog_entry_test.cc. */
const documented =
  'ac 02 80 d0 95 ff bc 31 f0 a2 04 00 02 00 05 c8 01 e8 07' +
  '03 01 07 01 6f 72 64 65 72 73 03 03 01 e8 07 08 07 03 81 01 04 03 02 01 00'

t.test('an entry has the bytes of docs/formats/metalog-entry.md, and comes back from them', async (t) => {
  const entry = new MetalogEntry(fields)
  t.equal(hex(entry.encode()), documented.replaceAll(' ', ''))
  t.same(MetalogEntry.decode(bytes(documented)), entry)
})

t.test('every command comes back as it was', async (t) => {
  const all: MetalogCommand[] = [
    ...commands,
    { kind: 'dropBook', book: Number.MAX_SAFE_INTEGER, before: 0 },
    { kind: 'trimTag', book: 7, before: 5, tag: 'ü'.repeat(127) },
    { kind: 'retention', book: 7, maxAge: 1, maxBytes: 0, maxRecords: Number.MAX_SAFE_INTEGER },
    { kind: 'addShard', shard: 0xffff_ffff, countdown: 0 },
    { kind: 'finalizeShard', shard: 4, countdown: 12 },
  ]
  const entry = new MetalogEntry({ ...fields, commands: all, hasVerdicts: true })
  t.same(MetalogEntry.decode(entry.encode()), entry)
  t.same(MetalogEntry.fromFrame(log, entry.toFrame({ log, view: 3, physicalLog: 2 })), entry)
})

t.test('a frame that is not whole, or of another log, is refused', async (t) => {
  const frame = new MetalogEntry(fields).toFrame({ log })
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const bad = Uint8Array.from(frame)
    bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7))
    t.throws(() => MetalogEntry.fromFrame(log, bad), { code: /CORRUPT|FORMAT/ }, `bit ${bit}`)
  }
  for (let size = 0; size < frame.length; size++)
    t.throws(() => MetalogEntry.fromFrame(log, frame.subarray(0, size)), { code: 'ERR_DAYBOOK_CORRUPT' })
  t.throws(() => MetalogEntry.fromFrame(new Uint8Array(16), frame), { code: 'ERR_DAYBOOK_CORRUPT' })
})

t.test('bytes that are no entry are refused, each with its reason', async (t) => {
  const good = bytes(documented)
  for (let size = 0; size < good.length; size++)
    t.throws(() => MetalogEntry.decode(good.subarray(0, size)), { code: 'ERR_DAYBOOK_CORRUPT' }, `${size}`)
  t.throws(() => MetalogEntry.decode(bytes('01 02 03 00 00 01 3f 01 aa 00')), { code: 'ERR_DAYBOOK_FORMAT' })
  t.throws(() => MetalogEntry.decode(bytes('ffffffffffffffff7f 02 03 00 00 00 00')), {
    code: 'ERR_DAYBOOK_CORRUPT',
  })
  for (const value of [undefined, null, 'text', {}, new Uint16Array(4), new ArrayBuffer(4)])
    t.throws(() => MetalogEntry.decode(value as Uint8Array), invalid)
  const detached = new Uint8Array(8)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  t.throws(() => MetalogEntry.decode(detached), invalid)
  t.throws(() => MetalogEntry.decode(new Uint8Array(new SharedArrayBuffer(8))), {
    code: 'ERR_DAYBOOK_CORRUPT',
  })
})

t.test('random bytes never do more than be refused', async (t) => {
  let state = 1
  for (let i = 0; i < 3000; i++) {
    const random = Uint8Array.from({ length: i % 60 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state >>> 24 < 128 ? (state >>> 16) & 7 : state >>> 24
    })
    try {
      const entry = MetalogEntry.decode(random)
      t.same(MetalogEntry.decode(entry.encode()), entry)
    } catch (error) {
      t.match(error, { code: /^ERR_DAYBOOK_(CORRUPT|FORMAT)$/ })
    }
  }
})

t.test('fields are checked', async (t) => {
  const change = (changes: Record<string, unknown>) => () =>
    new MetalogEntry({ ...fields, ...changes } as MetalogEntryFields)
  for (const bad of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY, '1', null, 1n]) {
    t.throws(change({ index: bad }), invalid, `index ${bad}`)
    t.throws(change({ timestamp: bad }), invalid)
    t.throws(change({ firstSeqnum: bad }), invalid)
    t.throws(change({ cut: [{ shard: 0, progress: bad }] }), invalid)
    t.throws(change({ commands: [{ kind: 'trimBook', book: 1, before: bad }] }), invalid)
    t.throws(change({ commands: [{ kind: 'trimTag', book: 1, before: bad, tag: 'a' }] }), invalid)
  }
  const unordered = [
    { shard: 1, progress: 1 },
    { shard: 1, progress: 2 },
  ]
  t.throws(change({ cut: unordered }), invalid)
  t.throws(change({ cut: [{ shard: 2 ** 32, progress: 1 }] }), invalid)
  t.throws(change({ cut: {} }), invalid)
  t.throws(change({ cut: [null] }), invalid)
  t.throws(change({ commands: [{ kind: 'shout' }] }), invalid)
  t.throws(change({ commands: [{ kind: 'nameBook', book: 1, name: '' }] }), invalid)
  t.throws(change({ commands: [{ kind: 'nameBook', book: 1, name: 'n'.repeat(256) }] }), invalid)
  t.throws(change({ commands: [{ kind: 'addShard', shard: 1, countdown: 0, more: 1 }] }), invalid)
  t.throws(change({ hasVerdicts: 1 }), invalid)
  t.throws(change({ other: 1 }), invalid)
  t.throws(() => new MetalogEntry(undefined as never), invalid)
  t.throws(() => new MetalogEntry(fields).toFrame({ log: new Uint8Array(15) }), invalid)
  t.throws(() => new MetalogEntry(fields).toFrame({ log, view: -1 }), invalid)
})
