// Bounds: every read with every bound, against a filter over what was appended.

import type { FindOptions, LogRecord } from '../../../src/log/types.js'
import { bytes, collect, type Scene, type Suite, seqnums } from './harness.js'

interface Appended {
  readonly seqnum: number
  readonly tags: readonly string[]
}

/** The rule of the bounds, as plainly as it can be said. */
function holds({ seqnum, tags }: Appended, { tag, from, after, to, before }: FindOptions): boolean {
  return (
    (tag === undefined || tags.includes(tag)) &&
    (from === undefined || seqnum >= from) &&
    (after === undefined || seqnum > after) &&
    (to === undefined || seqnum <= to) &&
    (before === undefined || seqnum < before)
  )
}

/** A book among others, so that its seqnums have gaps. */
async function gappedBook({ log }: Scene): Promise<Appended[]> {
  const [book, other] = [log.book('book'), log.book('other')]
  const appended: Appended[] = []
  for (let i = 0; i < 12; i++) {
    const tags = [['a'], ['b'], ['a', 'b'], []][i % 4] as string[]
    if (i % 3 === 0) await other.append(bytes('other'), { tags: ['a', 'b'] })
    appended.push({ seqnum: await book.append(bytes(String(i)), { tags }), tags })
  }
  await other.append(bytes('other'), { tags: ['a'] })
  return appended
}

function interesting(appended: readonly Appended[]): number[] {
  const numbers = appended.map(({ seqnum }) => seqnum)
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)]
  const middle = numbers[5] ?? 0
  const gap = numbers.find((seqnum, i) => i > 0 && seqnum - (numbers[i - 1] ?? 0) > 1) ?? first
  const edges = [first - 1, first, gap - 1, middle, middle + 1, last, last + 1]
  return [
    ...new Set([
      -1,
      0,
      ...edges.filter((edge) => edge >= -1),
      Number.MAX_SAFE_INTEGER,
      Number.POSITIVE_INFINITY,
    ]),
  ]
}

function allOptions(appended: readonly Appended[]): FindOptions[] {
  const values = interesting(appended)
  const lower: FindOptions[] = [{}, ...values.flatMap((value) => [{ from: value }, { after: value }])]
  const upper: FindOptions[] = [{}, ...values.flatMap((value) => [{ to: value }, { before: value }])]
  const ranges = lower.flatMap((low) => upper.map((high) => ({ ...low, ...high })))
  return ranges.flatMap((range) => [{}, { tag: 'a' }, { tag: 'absent' }].map((tag) => ({ ...range, ...tag })))
}

const seqnumOf = (record: LogRecord<unknown> | null): number | null => record?.seqnum ?? null

export function boundsSuite({ scenario }: Suite): void {
  scenario('all bounds of readNext and readPrev', async (scene) => {
    const { t, book } = scene
    const appended = await gappedBook(scene)
    const wrong: unknown[] = []
    for (const options of allOptions(appended)) {
      const expected = appended.filter((record) => holds(record, options)).map(({ seqnum }) => seqnum)
      const next = seqnumOf(await book.readNext(options))
      const prev = seqnumOf(await book.readPrev(options))
      if (next !== (expected[0] ?? null)) wrong.push({ call: 'readNext', options, next, expected })
      if (prev !== (expected.at(-1) ?? null)) wrong.push({ call: 'readPrev', options, prev, expected })
    }
    t.same(wrong, [])
  })

  scenario('all bounds of read, both ways, with limits', async (scene) => {
    const { t, book } = scene
    const appended = await gappedBook(scene)
    const wrong: unknown[] = []
    for (const [i, options] of allOptions(appended).entries()) {
      const expected = appended.filter((record) => holds(record, options)).map(({ seqnum }) => seqnum)
      const limit = [Number.POSITIVE_INFINITY, 0, 1, 3][i % 4] as number
      const forward = await seqnums(book.read({ ...options, limit }))
      const backward = await seqnums(book.read({ ...options, limit, reverse: true }))
      if (String(forward) !== String(expected.slice(0, limit)))
        wrong.push({ options, limit, forward, expected })
      if (String(backward) !== String(expected.reverse().slice(0, limit)))
        wrong.push({ options, limit, backward })
    }
    t.same(wrong, [])
  })

  scenario('of two bounds on one side the narrower holds', async (scene) => {
    const { t, book } = scene
    const appended = await gappedBook(scene)
    const values = interesting(appended)
    for (const one of values) {
      for (const two of values) {
        const options = { from: one, after: two }
        const above = appended.filter((record) => holds(record, options)).map(({ seqnum }) => seqnum)
        t.same(await seqnums(book.read(options)), above)
        const mirrored = { to: one, before: two }
        const below = appended.filter((record) => holds(record, mirrored)).map(({ seqnum }) => seqnum)
        t.same(await seqnums(book.read(mirrored)), below)
      }
    }
  })

  scenario('an empty book answers everything with nothing', async ({ t, book }) => {
    t.equal(await book.readNext(), null)
    t.equal(await book.readPrev(), null)
    t.equal(await book.readNext({ tag: 'a', from: 0, to: Number.POSITIVE_INFINITY }), null)
    t.equal(await book.get(0), null)
    t.equal(await book.tail(), -1)
    t.equal(await book.tail({ tag: 'a' }), -1)
    t.same(await collect(book.read()), [])
    t.same(await collect(book.read({ reverse: true })), [])
    t.same(await collect(book.read().batches()), [])
  })

  scenario('get finds exactly the records of the book', async (scene) => {
    const { t, book } = scene
    const appended = await gappedBook(scene)
    const last = appended.at(-1)?.seqnum ?? 0
    for (let seqnum = -1; seqnum <= last + 2; seqnum++) {
      const expected = appended.find((record) => record.seqnum === seqnum)
      t.equal(seqnumOf(await book.get(seqnum)), expected?.seqnum ?? null, `get(${seqnum})`)
    }
    for (const beyond of [Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])
      t.equal(await book.get(beyond), null)
    t.equal((await book.get(-0))?.seqnum ?? null, (await book.get(0))?.seqnum ?? null, '-0 is 0')
  })

  scenario('tail is the last seqnum of the stream', async (scene) => {
    const { t, book } = scene
    const appended = await gappedBook(scene)
    for (const tag of [undefined, 'a', 'b', 'absent']) {
      const stream = appended.filter((record) => holds(record, { tag }))
      t.equal(await book.tail({ tag }), stream.at(-1)?.seqnum ?? -1)
    }
    t.equal(await book.tail({}), appended.at(-1)?.seqnum)
  })

  scenario('an option that is undefined is one left out', async ({ t, book }) => {
    const seqnum = await book.append(bytes('x'), {
      tags: undefined,
      durability: undefined,
      signal: undefined,
    })
    const nothing = { tag: undefined, from: undefined, after: undefined, to: undefined, before: undefined }
    t.equal((await book.readNext({ ...nothing, signal: undefined }))?.seqnum, seqnum)
    const reader = {
      limit: undefined,
      reverse: undefined,
      live: undefined,
      onCaughtUp: undefined,
      onTrim: undefined,
    }
    t.same(await seqnums(book.read({ ...nothing, ...reader })), [seqnum])
  })
}
