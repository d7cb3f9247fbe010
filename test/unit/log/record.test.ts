import fc from 'fast-check'
import t from 'tap'
import { encodedTagsLength, encodeTags, StoredRecord } from '../../../src/log/record.js'
import { replay } from '../../support/seed.js'

/** A record somewhere in the middle of a slab full of something else. */
function stored(
  slab: Buffer | Uint8Array,
  data: Uint8Array,
  tags: readonly string[],
): StoredRecord<Uint8Array> {
  const whole = Buffer.from(slab.buffer, slab.byteOffset, slab.byteLength).fill(0xee)
  whole.set(data, 7)
  encodeTags(tags, whole, 7 + data.length)
  return new StoredRecord<Uint8Array>(undefined, 5, 1000, slab, 7, data.length, 7 + data.length, tags.length)
}

const tag = fc
  .string({
    unit: fc.oneof(fc.constantFrom('a', '\0', 'é', '€', '😀', '\uFEFF'), fc.string({ unit: 'binary' })),
    minLength: 1,
    maxLength: 40,
  })
  .filter((text) => text.length > 0 && Buffer.byteLength(text) <= 255)

t.test('tags and data are where the record says', async (t) => {
  fc.assert(
    fc.property(
      fc.array(tag, { maxLength: 20 }),
      fc.uint8Array({ maxLength: 50 }),
      fc.boolean(),
      (tags, data, pooled) => {
        const length = 20 + data.length + encodedTagsLength(tags)
        const slab = pooled ? Buffer.allocUnsafe(length) : new Uint8Array(new ArrayBuffer(length + 3), 3)
        const record = stored(slab, data, tags)
        for (const one of [record, record.copy()]) {
          if (JSON.stringify(one.tags) !== JSON.stringify(tags)) return false
          if (Buffer.compare(one.data, data) !== 0) return false
        }
        return true
      },
    ),
    replay(),
  )
  t.pass('for all tags and data tried')
})

t.test('encodedTagsLength is what encodeTags writes', async (t) => {
  for (const tags of [[], ['a'], ['é', '😀'], ['x'.repeat(255), '€'.repeat(85)]]) {
    const slab = Buffer.alloc(600)
    t.equal(encodeTags(tags, slab, 3), 3 + encodedTagsLength(tags))
  }
})

t.test('data is a Buffer where the slab is one', async (t) => {
  const data = Buffer.from('data')
  t.ok(Buffer.isBuffer(stored(Buffer.alloc(40), data, ['a']).data))
  const plain = stored(new Uint8Array(40), data, ['a']).data
  t.notOk(Buffer.isBuffer(plain))
  t.equal(Buffer.from(plain).toString(), 'data')
})

t.test('serialising a record shows no bytes', async (t) => {
  const record = stored(Buffer.alloc(40), Buffer.from('secret'), ['a'])
  t.equal(JSON.stringify(record), '{"seqnum":5,"timestamp":1000}')
  t.same({ ...record }, { seqnum: 5, timestamp: 1000 })
})
