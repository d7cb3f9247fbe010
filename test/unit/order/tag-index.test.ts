import fc from 'fast-check'
import t from 'tap'
import { TagIndex } from '../../../src/order/index.js'
import { replay, replayHint } from '../../support/seed.js'

const invalid = { code: 'ERR_DAYBOOK_INVALID_ARG' }

t.test('finds the next and the previous record of a tag, a book, or another book', async (t) => {
  const index = new TagIndex({ seed: new Uint8Array(16) })
  index.add(['a', 'ü'], 3)
  index.add('a', 7)
  index.add([], 9)
  index.add('a', 9, 2)
  index.add('a', 2 ** 40)
  t.equal(index.next('a'), 3)
  t.equal(index.next('a', 4), 7)
  t.equal(index.next('a', 8), 2 ** 40)
  t.equal(index.next('a', 2 ** 40 + 1), null)
  t.equal(index.next('a', Number.POSITIVE_INFINITY), null)
  t.equal(index.next('ü', -1), 3)
  t.equal(index.next('b'), null)
  t.equal(index.next(null, 8), 9)
  t.equal(index.next('a', 0, 2), 9)
  t.equal(index.previous('a'), 2 ** 40)
  t.equal(index.previous('a', 2 ** 40 - 1), 7)
  t.equal(index.previous('a', 2), null)
  t.equal(index.previous('a', -1), null)
  t.equal(index.previous(null, 9), 9)
  t.equal(index.previous('a', 8, 2), null)
  t.match(index.stat(), { postings: 10 })
  t.ok(index.stat().bytes > 0)
})

t.test('is filled in the order of the log', async (t) => {
  const index = new TagIndex()
  index.add('a', 5)
  index.add('a', 5)
  index.add('b', 5)
  t.throws(() => index.add('c', 4), invalid)
  t.equal(index.next('c'), null)
  t.equal(index.stat().postings, 3)
  index.add('c', Number.MAX_SAFE_INTEGER)
  t.equal(index.previous('c'), Number.MAX_SAFE_INTEGER)
})

t.test('what it is given is checked', async (t) => {
  t.throws(() => new TagIndex(null as never), invalid)
  t.throws(() => new TagIndex({ seed: new Uint8Array(8) }), invalid)
  t.throws(() => new TagIndex({ seeds: 1 } as never), invalid)
  const index = new TagIndex()
  for (const bad of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined]) {
    t.throws(() => index.add('a', bad as number), invalid)
    t.throws(() => index.add('a', 1, bad === undefined ? -1 : (bad as number)), invalid)
  }
  for (const bad of [1, {}, '', [''], ['a', 1], 't'.repeat(256), new Array(257).fill('a')])
    t.throws(() => index.add(bad as string, 1), invalid)
  for (const bad of [1, '', undefined, [], {}]) {
    t.throws(() => index.next(bad as string), invalid)
    t.throws(() => index.previous(bad as string), invalid)
  }
  t.throws(() => index.next('a', -2), invalid)
  t.throws(() => index.previous('a', 0.5), invalid)
  t.equal(index.stat().postings, 0)
})

const steps = fc.array(fc.record({ by: fc.nat(3), tags: fc.subarray(['a', 'b', 'c']) }), { maxLength: 300 })

t.test('random records: it says what a list would say', async (t) => {
  const property = fc.property(steps, fc.nat(400), (list, bound) => {
    const index = new TagIndex()
    const lists = new Map<string, number[]>()
    let seqnum = 0
    for (const { by, tags } of list) {
      seqnum += by + 1
      index.add(tags, seqnum)
      for (const tag of tags) lists.set(tag, [...(lists.get(tag) ?? []), seqnum])
    }
    return ['a', 'b', 'c'].every((tag) => {
      const all = lists.get(tag) ?? []
      return (
        index.next(tag, bound) === (all.find((one) => one >= bound) ?? null) &&
        index.previous(tag, bound) === (all.findLast((one) => one <= bound) ?? null)
      )
    })
  })
  const details = fc.check(property, { numRuns: 200, ...replay() })
  t.notOk(details.failed, `${replayHint(details)} ${JSON.stringify(details.counterexample)}`)
})
