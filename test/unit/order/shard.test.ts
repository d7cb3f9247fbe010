import t from 'tap'
import { MetalogEntry, RecordFrame, Shard } from '../../../src/order/index.js'

const log = new Uint8Array(16).fill(5)
const invalid = { code: 'ERR_DAYBOOK_INVALID_ARG' }
const text = (data: Uint8Array) => Buffer.from(data).toString()

function frameOf(shard: Shard): Uint8Array {
  const frame = shard.takeFrame()
  if (frame === null) throw new Error('there is no frame')
  return frame
}

t.test('a shard numbers its records and gives them out in frames of whole groups', async (t) => {
  const shard = new Shard({ log, shard: 7, firstLocalId: 100, view: 2, physicalLog: 1 })
  t.equal(shard.takeFrame(), null)
  const data = Buffer.from('one')
  t.equal(shard.append({ data, tags: ['a', 'ü', 'a'], book: 9 }), 100)
  data.fill(0)
  t.equal(shard.append([{ data: Buffer.from('two') }, { data: new Uint8Array(0), tags: ['b'] }]), 101)
  t.equal(shard.progress, 100)
  const frame = RecordFrame.decode(log, Buffer.concat([frameOf(shard), Buffer.from('behind')]))
  t.equal(shard.progress, 103)
  t.equal(shard.nextLocalId, 103)
  t.equal(shard.takeFrame(), null)
  t.match(frame, { shard: 7, firstLocalId: 100, nextLocalId: 103, view: 2, physicalLog: 1 })
  t.same(
    frame.records.map(({ data, ...record }) => ({ ...record, text: text(data) })),
    [
      { localId: 100, isFirst: true, book: 9, tags: ['a', 'ü'], text: 'one' },
      { localId: 101, isFirst: true, book: 1, tags: [], text: 'two' },
      { localId: 102, isFirst: false, book: 1, tags: ['b'], text: '' },
    ],
  )
})

t.test('frames are closed between groups, and follow each other', async (t) => {
  const shard = new Shard({ log, shard: 0 })
  const megabyte = new Uint8Array(1024 * 1024)
  for (let i = 0; i < 5; i++) shard.append([{ data: megabyte }, { data: megabyte }])
  shard.append(Array.from({ length: 9 }, () => ({ data: megabyte })))
  const frames: RecordFrame[] = []
  for (let bytes = shard.takeFrame(); bytes !== null; bytes = shard.takeFrame())
    frames.push(RecordFrame.decode(log, bytes))
  t.ok(frames.length > 2)
  t.equal(frames.at(-1)?.records.length, 9, 'a group that is larger than a frame is one')
  let next = 0
  for (const frame of frames) {
    t.equal(frame.firstLocalId, next)
    t.ok(frame.records[0]?.isFirst)
    next = frame.nextLocalId
  }
  t.equal(next, 19)
})

t.test('a frame in which a bit has turned is refused, whichever it is', async (t) => {
  const shard = new Shard({ log, shard: 1 })
  shard.append([{ data: Buffer.from('hi'), tags: ['a'] }, { data: Buffer.from('ho') }])
  const good = frameOf(shard)
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = Uint8Array.from(good)
    bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7))
    t.throws(() => RecordFrame.decode(log, bad), { code: /CORRUPT|FORMAT/ }, `bit ${bit}`)
  }
  for (let size = 0; size < good.length; size++)
    t.throws(() => RecordFrame.decode(log, good.subarray(0, size)), { code: 'ERR_DAYBOOK_CORRUPT' })
  t.throws(() => RecordFrame.decode(new Uint8Array(16), good), { code: 'ERR_DAYBOOK_CORRUPT' })
  const entry = new MetalogEntry({ index: 1, timestamp: 0, firstSeqnum: 0 }).toFrame({ log })
  t.throws(() => RecordFrame.decode(log, entry), invalid)
  t.throws(() => MetalogEntry.fromFrame(log, good), invalid)
})

t.test('what a shard is given is checked, and a group that is refused adds nothing', async (t) => {
  for (const bad of [-1, 0.5, 2 ** 32, Number.NaN, '1', null, undefined])
    t.throws(() => new Shard({ log, shard: bad as number }), invalid)
  t.throws(() => new Shard({ log: new Uint8Array(3), shard: 0 }), invalid)
  t.throws(() => new Shard({ log: 'id' as never, shard: 0 }), invalid)
  t.throws(() => new Shard({ log, shard: 0, colour: 1 } as never), invalid)
  t.throws(() => new Shard(null as never), invalid)
  const shard = new Shard({ log, shard: 0 })
  const data = new Uint8Array(4)
  const detached = new Uint8Array(4)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  const wrong: unknown[] = [
    undefined,
    null,
    'text',
    [],
    {},
    { data: 'text' },
    { data: detached },
    { data, tags: 'a' },
    { data, tags: [''] },
    { data, tags: ['t'.repeat(256)] },
    { data, tags: ['\ud800'] },
    { data, tags: Array.from({ length: 257 }, (_, i) => `${i}`) },
    { data, book: -1 },
    { data, book: 2 ** 53 },
    { data, key: 'k' },
    [{ data }, { data: 1 }],
    new Array(2),
  ]
  for (const value of wrong) t.throws(() => shard.append(value as never), invalid)
  const tooLarge = { code: 'ERR_DAYBOOK_TOO_LARGE' }
  t.throws(() => shard.append(Array.from({ length: 65_537 }, () => ({ data }))), tooLarge)
  const large = new Uint8Array(33 * 1024 * 1024)
  t.throws(() => shard.append([{ data: large }, { data: large }]), tooLarge)
  t.equal(shard.nextLocalId, 0)
  t.equal(shard.takeFrame(), null)
  const last = new Shard({ log, shard: 0, firstLocalId: Number.MAX_SAFE_INTEGER - 1 })
  t.equal(last.append({ data }), Number.MAX_SAFE_INTEGER - 1)
  t.throws(() => last.append({ data }), invalid, 'there are no more local ids')
})
