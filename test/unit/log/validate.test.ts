import t from 'tap'
import { checkBound, checkData, checkTag, checkTags, tagBytes } from '../../../src/log/validate.js'

const invalid = { code: 'ERR_DAYBOOK_INVALID_ARG' }

t.test('a list is copied, and not changed', async (t) => {
  const long = Array.from({ length: 256 }, (_, i) => `tag:${i}`)
  for (const list of [['a', 'b'], long]) {
    t.same(checkTags(list), list)
    t.not(checkTags(list), list)
  }
  const doubled = ['a', 'b', 'a']
  t.same(checkTags(doubled), ['a', 'b'])
  t.same(doubled, ['a', 'b', 'a'])
  t.same(checkTags(undefined), [])
})

t.test('duplicates are found in lists of every length', async (t) => {
  for (let length = 2; length <= 20; length++) {
    const tags = Array.from({ length }, (_, i) => `tag:${i}`)
    t.same(checkTags(tags), tags)
    for (let i = 1; i < length; i++) {
      const doubled = [...tags]
      doubled[i] = 'tag:0'
      t.same(checkTags(doubled), [...new Set(doubled)])
    }
  }
})

t.test('the length of a tag is counted in bytes of UTF-8', async (t) => {
  for (const [unit, bytes] of [
    ['x', 1],
    ['é', 2],
    ['€', 3],
    ['😀', 4],
  ] as const) {
    for (let count = 1; count <= 260; count++) {
      const tag = unit.repeat(count)
      if (count * bytes <= 255) t.equal(checkTag(tag), tag)
      else t.throws(() => checkTag(tag), invalid)
    }
  }
  t.equal(tagBytes(['x', 'é', '€', '😀']), 10)
})

t.test('a surrogate needs its partner, in short tags and long ones', async (t) => {
  for (const padding of ['', 'x'.repeat(100)]) {
    t.ok(checkTag(`${padding}\ud83d\ude00`))
    for (const tag of [`${padding}\ud83d`, `\ude00${padding}`, `\ude00\ud83d${padding}`]) {
      t.throws(() => checkTag(tag), invalid)
      t.throws(() => checkTags(['good', tag]), invalid)
    }
  }
})

t.test('messages do not quote the value', async (t) => {
  t.throws(() => checkTag('secret'.repeat(100)), { message: /^(?!.*secret)/ })
  t.throws(() => checkData('secret'), { message: /^(?!.*secret)/ })
})

t.test('-0 becomes 0', async (t) => {
  t.ok(Object.is(checkBound('from', -0), 0))
})

t.test('an empty view of a living buffer is bytes', async (t) => {
  for (const view of [
    new Uint8Array(0),
    Buffer.alloc(5).subarray(5),
    new Uint8Array(new SharedArrayBuffer(0)),
  ]) {
    t.equal(checkData(view), view)
  }
})
