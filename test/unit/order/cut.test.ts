import t from 'tap'
import { Cut } from '../../../src/order/index.js'

const invalid = { code: 'ERR_DAYBOOK_INVALID_ARG' }

t.test('a cut only grows, in whatever order it is told', async (t) => {
  const cut = new Cut([{ shard: 2, progress: 5 }])
  t.equal(cut.raise(2, 4), false)
  t.equal(cut.raise(2, 5), false)
  t.equal(cut.raise(0, 1), true)
  t.equal(cut.raise(9, 0), false, 'a shard that has nothing yet')
  t.equal(cut.progress(2), 5)
  t.equal(cut.progress(77), 0)
  t.same(
    [...cut],
    [
      { shard: 0, progress: 1 },
      { shard: 2, progress: 5 },
      { shard: 9, progress: 0 },
    ],
    'ascending by shard',
  )
})

t.test('merging is the maximum shard by shard, and covers says who is ahead', async (t) => {
  const one = new Cut([
    { shard: 0, progress: 3 },
    { shard: 1, progress: 1 },
  ])
  const other = new Cut([
    { shard: 1, progress: 4 },
    { shard: 2, progress: 2 },
  ])
  t.equal(one.covers(other), false)
  t.equal(one.merge(other), true)
  t.equal(one.merge(other), false)
  t.equal(one.covers(other), true)
  t.equal(other.covers(one), false)
  t.same(
    [...one].map(({ progress }) => progress),
    [3, 4, 2],
  )
  t.throws(
    () =>
      one.merge([
        { shard: 5, progress: 9 },
        { shard: 1, progress: -1 },
      ]),
    invalid,
  )
  t.equal(one.progress(5), 0, 'a merge that fails changes nothing')
})

t.test('the w-th highest of the replicas is what at least w of them hold', async (t) => {
  t.equal(Cut.wthHighest([3, 9, 5], 1), 9)
  t.equal(Cut.wthHighest([3, 9, 5], 2), 5)
  t.equal(Cut.wthHighest([3, 9, 5], 3), 3)
  t.equal(Cut.wthHighest([10, 9], 2), 9, 'numbers, not strings, are compared')
  t.throws(() => Cut.wthHighest([], 1), invalid)
  t.throws(() => Cut.wthHighest([1], 0), invalid)
  t.throws(() => Cut.wthHighest([1], 2), invalid)
  t.throws(() => Cut.wthHighest([1, Number.NaN], 1), invalid)
  t.throws(() => Cut.wthHighest(new Array(2), 1), invalid, 'holes')
})
