// The judge of histories: it finds nothing in what a good log answered, and each lie of a bad one.

import t from 'tap'
import { open } from '../../../src/embedded/index.js'
import { openMemory } from '../../../src/log/memory-log.js'
import type { AppendEvent, HistoryEvent, ReadEvent, SeenRecord, TailEvent } from '../../support/history.js'
import { finalLog, History } from '../../support/history.js'
import { type FinalLog, judge } from '../../support/history-judge.js'
import { tempDirectory } from '../../support/temp-directory.js'

/** A history, and the log in the end: plain data that a test may bend. */
interface Case {
  events: HistoryEvent[]
  final: Map<string, SeenRecord[]>
}

const infinity = Number.POSITIVE_INFINITY
const at = (start: number, end: number, process = 'p') => ({ process, book: 'b', start, end })

/** Three appends and a group by two writers, then reads, a trim, and appends under conditions and keys. */
function good(): Case {
  const append = (
    start: number,
    end: number,
    writer: string,
    items: [string, string[]][],
    rest: Partial<AppendEvent>,
  ): AppendEvent => ({
    ...at(start, end),
    do: 'append',
    writer,
    items: items.map(([data, tags]) => ({ data, tags })),
    outcome: 'acknowledged',
    ...rest,
  })
  const all: SeenRecord[] = [
    { seqnum: 0, data: 'one', tags: ['a'] },
    { seqnum: 1, data: 'two', tags: ['b'] },
    { seqnum: 5, data: 'g0', tags: ['a'] },
    { seqnum: 6, data: 'g1', tags: [] },
    { seqnum: 7, data: 'lost answer', tags: ['a', 'b'] },
    { seqnum: 8, data: 'won', tags: ['c'] },
    { seqnum: 9, data: 'first', tags: [] },
  ]
  const read = (start: number, end: number, rest: Partial<ReadEvent>): ReadEvent => ({
    ...at(start, end),
    do: 'read',
    from: 0,
    to: infinity,
    limit: infinity,
    reverse: false,
    records: [],
    ...rest,
  })
  const expect = [
    { tag: 'c', after: -1 },
    { match: { any: ['z', { all: ['a', 'b'] }] }, after: 7 },
  ]
  return {
    events: [
      append(10, 20, 'w1', [['one', ['a']]], { seqnums: [0] }),
      append(15, 30, 'w2', [['two', ['b']]], { seqnums: [1] }),
      append(
        31,
        40,
        'w1',
        [
          ['g0', ['a']],
          ['g1', []],
        ],
        { seqnums: [5, 6] },
      ),
      append(32, 50, 'w2', [['refused', ['a']]], { outcome: 'notWritten' }),
      append(41, infinity, 'w1', [['lost answer', ['a', 'b']]], { outcome: 'unknown' }),
      append(42, infinity, 'w2', [['really lost', ['a']]], { outcome: 'unknown' }),
      read(41, 45, { records: all.slice(0, 4) }),
      read(46, 49, { tag: 'a', limit: 1, reverse: true, records: all.slice(2, 3) }),
      read(50, 55, { tag: 'a', from: 1, records: [all[2], all[4]] as SeenRecord[] }),
      { ...at(56, 58), do: 'tail', tag: 'a', seqnum: 7 },
      append(60, 65, 'w1', [['won', ['c']]], { seqnums: [8], expect }),
      append(66, 70, 'w2', [['late', ['c']]], {
        outcome: 'conflict',
        expect,
        conflicts: [{ index: 0, actual: 8 }],
      }),
      append(71, 75, 'w1', [['first', []]], { seqnums: [9], key: 'k' }),
      append(76, 80, 'w2', [['again', []]], { seqnums: [9], key: 'k' }),
      { ...at(81, 90), do: 'trim', before: 2, outcome: 'acknowledged' },
      read(91, 95, { records: all.slice(2) }),
      { ...at(96, 99), do: 'tail', seqnum: 9 },
    ],
    final: new Map([['b', all.slice(2)]]),
  }
}

const judged = ({ events, final }: Case) => judge(events, final)

t.test('a good history is good', async (t) => {
  t.strictSame(judged(good()), [])
})

type Change = (history: Case) => void

/** The event of this kind that is the `index`th of them, changed. */
function change<D extends HistoryEvent['do']>(
  kind: D,
  index: number,
  make: (event: Extract<HistoryEvent, { do: D }>) => object,
): Change {
  return ({ events }) => {
    const place = events.flatMap((event, i) => (event.do === kind ? [i] : []))[index] as number
    const event = events[place] as Extract<HistoryEvent, { do: D }>
    events[place] = { ...event, ...make(event) } as HistoryEvent
  }
}
const inFinal =
  (make: (records: SeenRecord[]) => SeenRecord[]): Change =>
  ({ final }) =>
    final.set('b', make(final.get('b') ?? []))
const withRecord = (record: SeenRecord) =>
  inFinal((all) => [...all, record].sort((a, b) => a.seqnum - b.seqnum))
const without = (seqnum: number) => inFinal((all) => all.filter((one) => one.seqnum !== seqnum))
const edit = (seqnum: number, by: Partial<SeenRecord>) =>
  inFinal((all) => all.map((one) => (one.seqnum === seqnum ? { ...one, ...by } : one)))
const drop = (seqnum: number) => (event: ReadEvent) => ({
  records: event.records.filter((one) => one.seqnum !== seqnum),
})

const lies: [string, RegExp, ...Change[]][] = [
  ['an acknowledged record is lost', /first at 9 in b was acknowledged, and is lost/, without(9)],
  ['a record that was seen is lost', /lost answer at 7 in b was seen, and is lost/, without(7)],
  ['other bytes', /appended by nobody/, edit(5, { data: 'other' })],
  ['the bytes of another record', /one has seen/, edit(9, { data: 'again' })],
  ['a tag is missing', /has the tags a, and not a,b/, edit(7, { tags: ['a'] })],
  [
    'another seqnum',
    /won is in b twice|won at 8 in b was acknowledged, and is lost/,
    edit(8, { seqnum: 8.5 }),
  ],
  ['a record is there twice', /g0 is in b twice/, withRecord({ seqnum: 12, data: 'g0', tags: ['a'] })],
  ['the log is out of order', /comes behind/, inFinal((all) => [...all].reverse())],
  [
    'a record that was not written',
    /refused at 10 in b has shown up, and was said to be notWritten/,
    withRecord({ seqnum: 10, data: 'refused', tags: ['a'] }),
  ],
  [
    'a record that lost its condition',
    /late at 10 in b has shown up, and was said to be conflict/,
    withRecord({ seqnum: 10, data: 'late', tags: ['c'] }),
  ],
  [
    'an unknown one shows up before what was there',
    /really lost at 3 in b was begun when 6 was there, and comes before it/,
    withRecord({ seqnum: 3, data: 'really lost', tags: ['a'] }),
  ],
  [
    'a seqnum below one acknowledged before',
    /first at 4 in b was begun when 8 was there/,
    change('append', 8, () => ({ seqnums: [4] })),
    change('append', 9, () => ({ seqnums: [4] })),
    change('read', 3, drop(9)),
    change('tail', 1, () => ({ seqnum: 8 })),
    edit(9, { seqnum: 4 }),
    inFinal((all) => [...all].sort((a, b) => a.seqnum - b.seqnum)),
  ],
  [
    'a writer whose appends change places',
    /two at 1 in b was made behind one at 2, and comes before it/,
    change('append', 1, () => ({ writer: 'w1' })),
    change('append', 0, () => ({ end: 32, seqnums: [2] })),
    change('read', 0, () => ({ records: [] })),
  ],
  [
    'half of a group is missing',
    /the group of g0 in b is not whole: g1 is missing/,
    change('append', 2, () => ({ outcome: 'unknown', seqnums: undefined })),
    change('read', 0, drop(6)),
    change('read', 3, drop(6)),
    without(6),
  ],
  [
    'a group is torn apart',
    /is torn apart: g1 is at 6.5/,
    change('append', 2, () => ({ outcome: 'unknown', seqnums: undefined })),
    change('read', 0, drop(6)),
    change('read', 3, drop(6)),
    edit(6, { seqnum: 6.5 }),
  ],
  ['a group with a gap', /not consecutive/, change('append', 2, () => ({ seqnums: [5, 7] }))],
  ['too few seqnums', /2 records were given 1 seqnums/, change('append', 2, () => ({ seqnums: [5] }))],
  ['a read misses the newest', /did not give 9, which was there/, change('read', 3, drop(9))],
  ['a read misses one in the middle', /did not give 7, which was there/, change('read', 3, drop(7))],
  ['a read by tag misses one', /by a begun at 50 did not give 5/, change('read', 2, drop(5))],
  [
    'a last record that is older',
    /by a begun at 46 did not give 5/,
    change('read', 1, () => ({ records: [{ seqnum: 0, data: 'one', tags: ['a'] }] })),
  ],
  [
    'a read goes back in time',
    /begun at 50 did not give 7/,
    change('read', 1, () => ({ records: [{ seqnum: 7, data: 'lost answer', tags: ['a', 'b'] }] })),
    change('read', 2, drop(7)),
  ],
  [
    'a read sees what is begun later',
    /gave 8, begun behind it/,
    change('read', 0, ({ records }) => ({
      limit: 5,
      records: [...records, { seqnum: 8, data: 'won', tags: ['c'] }],
    })),
  ],
  [
    'a read gives another tag',
    /gave 6, which has not the tag/,
    change('read', 2, ({ records }) => ({
      records: [records[0], { seqnum: 6, data: 'g1', tags: [] }, records[1]],
    })),
  ],
  [
    'a read out of order',
    /out of order/,
    change('read', 0, ({ records }) => ({ records: [...records].reverse() })),
  ],
  ['a read outside of its bounds', /outside of its bounds/, change('read', 2, () => ({ from: 6 }))],
  ['more than the limit', /more than 1 records/, change('read', 2, () => ({ limit: 1 }))],
  [
    'a trimmed record is served',
    /gave 1, which was trimmed before/,
    change('read', 3, ({ records }) => ({ records: [{ seqnum: 1, data: 'two', tags: ['b'] }, ...records] })),
  ],
  [
    'a trimmed record comes back',
    /two at 1 in b was trimmed, and is there/,
    withRecord({ seqnum: 1, data: 'two', tags: ['b'] }),
  ],
  ['a trim takes too much', /g0 at 5 in b was acknowledged, and is lost/, without(5)],
  [
    'a trim reaches what came behind it',
    /first at 9 in b was acknowledged, and is lost/,
    change('trim', 0, () => ({ start: 5, end: 8, before: infinity })),
    without(9),
  ],
  ['an old tail', /is 8, and 9 was there/, change('tail', 1, () => ({ seqnum: 8 }))],
  ['a tail of nothing', /is -1, and 9 was there/, change('tail', 1, () => ({ seqnum: -1 }))],
  ['a tail where no record is', /where there is no such record/, change('tail', 1, () => ({ seqnum: 11 }))],
  ['a tail of another tag', /where there is no such record/, change('tail', 0, () => ({ seqnum: 6 }))],
  [
    'a condition that did not hold is accepted',
    /expected nothing behind -1, and 7 was there/,
    change('append', 6, () => ({ expect: [{ tag: 'a', after: -1 }] })),
  ],
  [
    'a query that did not hold is accepted',
    /expected nothing behind 6, and 7 was there/,
    change('append', 6, () => ({ expect: [{ match: { all: ['b', 'a'] }, after: 6 }] })),
  ],
  [
    'a condition on the whole book',
    /expected nothing behind 6, and 7 was there/,
    change('append', 6, () => ({ expect: [{ after: 6 }] })),
  ],
  ['a conflict with nothing', /names nothing/, change('append', 7, () => ({ conflicts: [] }))],
  [
    'a conflict with what is not there',
    /names 11, which nobody has seen/,
    change('append', 7, () => ({ conflicts: [{ index: 0, actual: 11 }] })),
  ],
  [
    'a conflict with another tag',
    /names 7, which does not match/,
    change('append', 7, () => ({ conflicts: [{ index: 0, actual: 7 }] })),
  ],
  [
    'a conflict with what was known',
    /names 8, which is not behind 8/,
    change('append', 7, () => ({ expect: [{ tag: 'c', after: 8 }] })),
  ],
  [
    'a conflict of no condition',
    /names condition 2, which it did not have/,
    change('append', 7, () => ({ conflicts: [{ index: 2, actual: 8 }] })),
  ],
  [
    'a conflict with an old match',
    /names 5, and 7 was newer/,
    change('append', 7, () => ({ expect: [{ tag: 'a', after: 1 }], conflicts: [{ index: 0, actual: 5 }] })),
  ],
  [
    'a key with two seqnums',
    /the key k in b has several seqnums/,
    change('append', 9, () => ({ seqnums: [10] })),
    withRecord({ seqnum: 10, data: 'again', tags: [] }),
  ],
  [
    'a key of another record',
    /the key k in b was told 8, where won is/,
    change('append', 8, () => ({ outcome: 'unknown', seqnums: undefined })),
    change('append', 9, () => ({ seqnums: [8] })),
    change('read', 3, drop(9)),
    change('tail', 1, () => ({ seqnum: 8 })),
    without(9),
  ],
  [
    'a key of nothing',
    /the key k in b was told 11, where nothing is/,
    change('append', 8, () => ({ outcome: 'unknown', seqnums: undefined })),
    change('append', 9, () => ({ seqnums: [11] })),
    change('read', 3, drop(9)),
    change('tail', 1, () => ({ seqnum: 8 })),
    without(9),
  ],
  [
    'two appends that cannot be told apart',
    /share the data one/,
    change('append', 1, () => ({ items: [{ data: 'one', tags: ['b'] }] })),
  ],
]

for (const [name, message, ...changes] of lies) {
  t.test(`found out: ${name}`, async (t) => {
    const history = good()
    for (const one of changes) one(history)
    const violations = judged(history)
    t.ok(
      violations.some((one) => message.test(one)),
      violations.join('\n') || 'nothing was found',
    )
  })
}

t.test('what is not said to be otherwise may be', async (t) => {
  const allowed: [string, ...Change[]][] = [
    [
      'an unknown append shows up',
      change('append', 4, () => ({ writer: 'w3' })),
      change('append', 5, () => ({ writer: 'w3' })),
      withRecord({ seqnum: 10, data: 'really lost', tags: ['a'] }),
    ],
    [
      'an unknown append never shows up',
      change('read', 2, drop(7)),
      change('read', 3, drop(7)),
      without(7),
      change('tail', 0, () => ({ seqnum: 5 })),
    ],
    [
      'a trim that was never answered, done or not',
      change('trim', 0, () => ({ outcome: 'unknown', end: infinity })),
    ],
    [
      'a read at the same time as an append may miss it',
      change('read', 0, ({ records }) => ({
        start: 38,
        records: records.slice(0, 2),
      })),
    ],
    [
      'another process may be behind',
      change('read', 3, ({ records }) => ({
        process: 'q',
        records: records.slice(0, 2),
      })),
    ],
  ]
  for (const [name, ...changes] of allowed) {
    const history = good()
    for (const one of changes) one(history)
    t.strictSame(judged(history), [], name)
  }
})

t.test('a book that trims by itself may miss its oldest', async (t) => {
  const history = good()
  without(5)(history)
  change('read', 3, drop(5))(history)
  t.ok(judged(history).length > 0)
  t.strictSame(judge(history.events, history.final, { retained: ['b'] }), [])
})

t.test('a long history takes little time', async (t) => {
  const events: HistoryEvent[] = []
  const records: SeenRecord[] = []
  for (let i = 0; i < 30_000; i++) {
    const record = { seqnum: i, data: `${i}`, tags: [`t${i % 100}`] }
    records.push(record)
    const item = { data: record.data, tags: record.tags }
    const time = 10 * i
    events.push({
      ...at(time, time + 25),
      do: 'append',
      writer: 'w',
      items: [item],
      outcome: 'acknowledged',
      seqnums: [i],
    })
    const one = { from: i, to: i, limit: infinity, reverse: false, records: [record] }
    events.push({ ...at(time + 26, time + 27), do: 'read', ...one })
    const tail: TailEvent = { ...at(time + 28, time + 29), do: 'tail', seqnum: i }
    events.push(tail)
  }
  const final: FinalLog = new Map([['b', records]])
  const start = performance.now()
  t.strictSame(judge(events, final), [])
  t.comment(`${events.length} events in ${Math.round(performance.now() - start)} ms`)
})

t.test('calls that note themselves: what a log answers is judged as it is', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  for (const log of [await openMemory(), await open(directory.path)]) {
    const history = new History()
    const book = history.recorded(log.book('b'), 'b', { process: 'p', writer: 'w' })
    await Promise.all([0, 1, 2].map((i) => book.append([{ data: `${i}`, tags: ['x'] }])))
    await book.append([
      { data: 'g0', tags: ['x', 'y'] },
      { data: 'g1', tags: [] },
    ])
    t.equal(await book.tail('x'), 3)
    await book.trim(2)
    t.equal((await book.read({ tag: 'x', limit: 1, reverse: true })).length, 1)
    t.equal((await book.read()).length, 3)
    const final = await finalLog(log, ['b'])
    await log.close()
    t.match(await book.append([{ data: 'late', tags: [] }]), 'ERR_DAYBOOK_CLOSED')
    t.strictSame(judge(history.events, final), [])
    t.equal(history.events.length, 9)
  }
})
