import fc from 'fast-check'
import t from 'tap'
import { Cursor, type CursorState, Cut, MetalogEntry, type OrderedRun } from '../../../src/order/index.js'
import { replay, replayHint } from '../../support/seed.js'

const refused = { code: 'ERR_DAYBOOK_INVALID_ARG', name: 'RangeError' }
const invalid = { code: 'ERR_DAYBOOK_INVALID_ARG' }

function entry(index: number, firstSeqnum: number, shards: Record<number, number>, timestamp = 0) {
  const cut = Object.entries(shards).map(([shard, progress]) => ({ shard: Number(shard), progress }))
  return new MetalogEntry({ index, firstSeqnum, timestamp, cut })
}

t.test('a cut gives positions shard by shard, and local id by local id', async (t) => {
  const cursor = new Cursor()
  t.same(cursor.apply(entry(1, 0, { 0: 2, 3: 1 })), [
    { shard: 0, firstLocalId: 0, count: 2, firstSeqnum: 0 },
    { shard: 3, firstLocalId: 0, count: 1, firstSeqnum: 2 },
  ])
  t.same(cursor.apply(entry(2, 10, { 0: 3, 1: 4 }, 5)), [
    { shard: 0, firstLocalId: 2, count: 1, firstSeqnum: 10 },
    { shard: 1, firstLocalId: 0, count: 4, firstSeqnum: 11 },
  ])
  t.match(cursor, { index: 2, nextSeqnum: 15, timestamp: 5 })
  t.equal(cursor.progress(1), 4)
  t.equal(cursor.progress(2), 0)
})

t.test('an entry that does not follow is refused, and changes nothing', async (t) => {
  const cursor = new Cursor()
  cursor.apply(entry(1, 5, { 1: 2 }, 100))
  const before = cursor.state()
  const wrong: [string, MetalogEntry][] = [
    ['applied already', entry(1, 7, {}, 100)],
    ['one is missing', entry(3, 7, {}, 100)],
    ['time goes back', entry(2, 7, {}, 99)],
    ['a position is given again', entry(2, 6, {}, 100)],
    ['progress goes back', entry(2, 7, { 0: 9, 1: 1 }, 100)],
    ['past the last position', entry(2, 2 ** 53 - 3, { 0: 9 }, 100)],
    ['a sum past it', entry(2, 7, { 0: 2 ** 53 - 1, 2: 2 ** 53 - 1, 3: 2 ** 53 - 1 }, 100)],
  ]
  for (const [why, one] of wrong) {
    t.throws(() => cursor.apply(one), refused, why)
    t.same(cursor.state(), before, why)
  }
  for (const value of [undefined, null, {}, Object.create(MetalogEntry.prototype), 'entry'])
    t.throws(() => cursor.apply(value as never), invalid)
  t.same(cursor.apply({ ...entry(2, 7, { 1: 3 }, 100) })[0]?.firstSeqnum, 7, 'its fields alone are enough')
})

t.test('a shard is added and finalized at an exact entry', async (t) => {
  const cursor = new Cursor()
  const cut = new Cut([
    { shard: 0, progress: 1 },
    { shard: 1, progress: 1 },
  ])
  const add = { kind: 'addShard', shard: 1, countdown: 1 } as const
  const first = cursor.next(cut, { timestamp: 1, commands: [add] })
  t.same(first.cut, [{ shard: 0, progress: 1 }], 'not there yet')
  cursor.apply(first)
  t.same(cursor.next(cut, { timestamp: 1 }).cut, [{ shard: 1, progress: 1 }])
  cut.raise(0, 5)
  const finalize = { kind: 'finalizeShard', shard: 0, countdown: 0 } as const
  const second = cursor.next(cut, { timestamp: 0, commands: [finalize] })
  t.same(second.cut, [{ shard: 1, progress: 1 }])
  t.equal(second.timestamp, 1, 'time does not go back')
  t.equal(cursor.isFinal(0), false)
  cursor.apply(second)
  t.equal(cursor.isFinal(0), true)
  t.equal(cursor.isFinal(1), false)
  t.same(cursor.next(cut, { timestamp: 1 }).cut, [])
  t.throws(() => cursor.apply(entry(3, 2, { 0: 2 }, 1)), refused)
  const again = new MetalogEntry({ index: 3, timestamp: 1, firstSeqnum: 2, commands: [add] })
  t.throws(() => cursor.apply(again), refused, 'a number is given to one shard')
})

t.test('a cursor goes on from the state of another', async (t) => {
  const cursor = new Cursor()
  const commands = [
    { kind: 'addShard', shard: 4, countdown: 3 },
    { kind: 'finalizeShard', shard: 0, countdown: 9 },
  ] as const
  cursor.apply(
    new MetalogEntry({ index: 1, timestamp: 3, firstSeqnum: 9, cut: [{ shard: 0, progress: 2 }], commands }),
  )
  const copy = new Cursor(structuredClone(cursor.state()))
  t.same(copy.state(), cursor.state())
  const more = entry(2, 11, { 0: 4, 9: 1 }, 3)
  t.same(copy.apply(more), cursor.apply(more))
  t.same(copy.state(), cursor.state())
  const full: CursorState = { index: 2 ** 53 - 1, nextSeqnum: 2 ** 53, timestamp: 0, shards: [] }
  t.same(new Cursor(full).state(), full)
  const state = cursor.state()
  const shard = { shard: 1, progress: 0, firstIndex: 0, endIndex: Number.POSITIVE_INFINITY }
  for (const bad of [
    null,
    1,
    {},
    { ...state, index: -1 },
    { ...state, nextSeqnum: 2 ** 54 },
    { ...state, shards: [shard, shard] },
    { ...state, shards: [{ ...shard, endIndex: Number.NaN }] },
    { ...state, shards: [{ ...shard, shard: 2 ** 32 }] },
  ])
    t.throws(() => new Cursor(bad as never), invalid)
})

t.test('what next is given is checked', async (t) => {
  const cursor = new Cursor()
  t.throws(() => cursor.next([], undefined as never), invalid)
  t.throws(() => cursor.next([], {} as never), invalid)
  t.throws(() => cursor.next([], { timestamp: 1, comands: [] } as never), invalid)
  t.throws(() => cursor.next(5 as never, { timestamp: 1 }), invalid)
  t.throws(() => cursor.next([{ shard: -1, progress: 1 }], { timestamp: 1 }), invalid)
  t.throws(() => cursor.progress('0' as never), invalid)
})

const rounds = fc.array(
  fc.record({
    grown: fc.dictionary(fc.integer({ min: 0, max: 9 }).map(String), fc.nat(50)),
    gap: fc.nat(3),
    elapsed: fc.nat(2),
  }),
  { maxLength: 30 },
)

/** Every record that the runs order, as `shard:localId`, by position. */
function positions(runs: readonly OrderedRun[]): Map<number, string> {
  const order = new Map<number, string>()
  for (const { shard, firstLocalId, count, firstSeqnum } of runs)
    for (let i = 0; i < count; i++) order.set(firstSeqnum + i, `${shard}:${firstLocalId + i}`)
  return order
}

t.test('random cuts: two cursors agree, every record has one place, and nothing goes back', async (t) => {
  const property = fc.property(rounds, fc.nat(), (list, at) => {
    const [one, whole] = [new Cursor(), new Cut()]
    const entries: MetalogEntry[] = []
    const runs: OrderedRun[] = []
    let timestamp = 0
    for (const { grown, gap, elapsed } of list) {
      timestamp += elapsed
      for (const [shard, more] of Object.entries(grown))
        whole.raise(Number(shard), whole.progress(Number(shard)) + more)
      const { index, firstSeqnum, cut } = one.next(whole, { timestamp })
      const next = new MetalogEntry({ index, timestamp, firstSeqnum: firstSeqnum + gap, cut })
      runs.push(...one.apply(next))
      entries.push(next)
    }
    // Another cursor, of which half is restored from a state, reads the bytes.
    let other = new Cursor()
    const again = entries.flatMap((entry, i) => {
      if (i === at % (entries.length || 1)) other = new Cursor(other.state())
      return other.apply(MetalogEntry.decode(entry.encode()))
    })
    const order = positions(runs)
    const records = [...whole].reduce((sum, { progress }) => sum + progress, 0)
    const isSame = JSON.stringify(again) === JSON.stringify(runs)
    const isWhole = order.size === records && new Set(order.values()).size === records
    // A regression of any shard is refused.
    const shards = [...whole].filter(({ progress }) => progress > 0)
    const victim = shards[at % (shards.length || 1)]
    const state = JSON.stringify(other.state())
    let isRefused = victim === undefined
    if (victim !== undefined) {
      const cut = [{ shard: victim.shard, progress: victim.progress - 1 }]
      const { index, nextSeqnum } = other
      try {
        other.apply(new MetalogEntry({ index: index + 1, timestamp, firstSeqnum: nextSeqnum, cut }))
      } catch {
        isRefused = JSON.stringify(other.state()) === state
      }
    }
    return isSame && isWhole && isRefused
  })
  const details = fc.check(property, { numRuns: 200, ...replay() })
  t.notOk(details.failed, `${replayHint(details)} ${JSON.stringify(details.counterexample)}`)
})
