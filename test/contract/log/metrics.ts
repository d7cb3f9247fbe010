// What a log counts.

import type { Histogram } from '../../../src/log/metrics-types.js'
import { appendAll, bytes, closed, rejects, type Suite, throws, turnOfLoop, wrong } from './harness.js'

export function metricsSuite({ scenario }: Suite): void {
  scenario('a log that was just opened has counted nothing', async ({ t, log }) => {
    const { handle, commits, flushes, reads, aux, nextSeqnum } = log.metrics()
    t.same(handle, {
      appends: { records: 0, bytes: 0, rejected: {} },
      pending: { records: 0, bytes: 0 },
      liveReaders: { count: 0, waiting: 0, lag: 0 },
    })
    t.same(reads, { hot: 0, warm: 0, cold: 0 })
    t.same(aux, { hits: 0, misses: 0, evictions: 0, records: 0, bytes: 0 })
    t.equal(nextSeqnum, 0)
    t.equal(commits.failed, 0)
    for (const histogram of [commits.records, commits.bytes, commits.latency, flushes.latency]) {
      const none = { count: 0, sum: 0, max: 0, p50: 0, p90: 0, p99: 0, p999: 0, buckets: [] }
      t.same(histogram, none)
    }
  })

  scenario(
    'live readers are counted while they live, with how far they lag behind',
    async ({ t, log, book }) => {
      const seen = () => log.metrics().handle.liveReaders
      await book.appendMany(Array.from({ length: 2000 }, () => ({ data: bytes('x'), tags: ['a'] })))
      const end = log.metrics().nextSeqnum
      const [slow, fast] = [book.read({ live: true }), book.read({ live: true, after: end - 2 })].map(
        (reader) => reader[Symbol.asyncIterator](),
      )
      t.same(seen(), { count: 0, waiting: 0, lag: 0 }, 'they begin when they are asked')
      await slow?.next()
      const { count, lag } = seen()
      t.equal(count, 1)
      t.ok(lag > 0 && lag < 2000, `${lag} behind`)
      await fast?.next()
      const waiting = fast?.next()
      while (seen().waiting === 0) await turnOfLoop()
      t.same(seen(), { count: 2, waiting: 1, lag })
      await slow?.return?.()
      t.same(seen(), { count: 1, waiting: 1, lag: 0 })
      await book.append(bytes('x'))
      await waiting
      t.equal(seen().waiting, 0)
      await fast?.return?.()
      t.same(seen(), { count: 0, waiting: 0, lag: 0 })
      for await (const _ of book.read({ live: true, limit: 3 })) t.equal(seen().count, 1)
      t.equal(seen().count, 0, 'one that ends by itself is counted no more')
    },
  )

  scenario(
    'appends are counted when they are acknowledged, each by its handle',
    async ({ t, log, book, open }) => {
      const other = await open()
      const first = book.append(bytes('12345'), { tags: ['ab'] })
      const group = book.appendMany([{ data: bytes('1') }, { data: bytes('2') }])
      t.equal(log.metrics().handle.pending.records, 3)
      t.ok(log.metrics().handle.pending.bytes >= 9)
      await Promise.all([first, group])
      const { handle, commits, nextSeqnum, durableSeqnum, unflushed } = log.metrics()
      t.equal(handle.appends.records, 3)
      t.ok(handle.appends.bytes >= 9 && handle.appends.bytes < 20)
      t.same(handle.pending, { records: 0, bytes: 0 })
      t.equal(other.metrics().handle.appends.records, 0)
      t.equal(commits.records.sum, 3, 'commits are those of the log')
      t.same(other.metrics().commits.records, commits.records)
      t.ok(commits.bytes.sum >= 9)
      t.ok(nextSeqnum >= 3 && durableSeqnum === nextSeqnum && unflushed === 0)
    },
  )

  scenario(
    'what was refused is counted by its code',
    async ({ t, log, book }) => {
      await rejects(t, () => book.append(wrong('text')), { code: 'ERR_DAYBOOK_INVALID_ARG' }, 'no bytes')
      await rejects(
        t,
        () => book.append(bytes('x'), { tags: [''] }),
        { code: 'ERR_DAYBOOK_INVALID_ARG' },
        'a tag',
      )
      const large = Buffer.alloc(70_000)
      await rejects(t, () => book.append(large), { code: 'ERR_DAYBOOK_TOO_LARGE' }, 'over maxRecordBytes')
      await rejects(t, () => book.appendMany(wrong(5)), { code: 'ERR_DAYBOOK_INVALID_ARG' }, 'no items')
      const appends = [book.append(bytes('1')), book.append(bytes('2'))]
      await rejects(
        t,
        () =>
          book.append(bytes('x'), { signal: AbortSignal.abort(new Error('by us')) }).catch((error) => {
            t.equal(error.message, 'by us')
            return book.append(large)
          }),
        { code: 'ERR_DAYBOOK_TOO_LARGE' },
        'once more',
      )
      await Promise.all(appends)
      t.same(log.metrics().handle.appends.rejected, { ERR_DAYBOOK_INVALID_ARG: 3, ERR_DAYBOOK_TOO_LARGE: 2 })
      t.equal(log.metrics().handle.appends.records, 2)
    },
    { maxRecordBytes: 65_536 },
  )

  scenario(
    'what is refused as overloaded is counted too',
    async ({ t, log, book }) => {
      const full = book.append(Buffer.alloc(70_000))
      await rejects(
        t,
        () => book.append(bytes('x')),
        { code: 'ERR_DAYBOOK_OVERLOADED' },
        'too much is pending',
      )
      await full
      t.same(log.metrics().handle.appends.rejected, { ERR_DAYBOOK_OVERLOADED: 1 })
    },
    { maxPendingBytes: 65_536 },
  )

  scenario('reads are counted by where the records were', async ({ t, log, book }) => {
    const [first = -1, second = -1] = await appendAll(book, [['a'], ['b'], ['a']])
    await book.get(first)
    await book.readPrev()
    for await (const _ of book.read()) await turnOfLoop()
    const { hot, warm, cold } = log.metrics().reads
    t.equal(hot + warm + cold, 5)
    t.equal(hot, 5, 'what was just written is in memory')
    book.setAux(second, bytes('aux'))
    t.ok((await book.get(second))?.aux !== undefined)
    t.equal((await book.get(first))?.aux, undefined)
    const { aux } = log.metrics()
    t.equal(aux.hits, 1)
    t.equal(aux.misses, 1)
    t.equal(aux.records, 1)
    t.ok(aux.bytes > 3)
  })

  scenario('histograms are sound', async ({ t, log, book }) => {
    for (let i = 0; i < 30; i++) {
      await book.appendMany(Array.from({ length: 1 + i * 3 }, () => ({ data: Buffer.alloc(i * 10) })))
    }
    const { records, bytes: written, latency } = log.metrics().commits
    t.equal(records.count, written.count)
    t.equal(records.sum, 30 + 3 * 435)
    t.equal(records.max, 88)
    for (const histogram of [records, written, latency]) checkHistogram(histogram)
    function checkHistogram({ count, sum, max, p50, p90, p99, p999, buckets }: Histogram): void {
      t.equal(
        buckets.reduce((all, bucket) => all + bucket.count, 0),
        count,
      )
      t.ok(p50 <= p90 && p90 <= p99 && p99 <= p999 && p999 <= max)
      t.ok(sum <= max * count + 1e-9)
      const bounds = buckets.map(({ upTo }) => upTo)
      t.same(
        bounds,
        [...bounds].sort((a, b) => a - b),
      )
      t.ok(buckets.every((bucket) => bucket.count > 0))
    }
  })

  scenario('a trim is a commit without records, and a closed log tells nothing', async ({ t, log, book }) => {
    await appendAll(book, [[]])
    const { count } = log.metrics().commits.records
    await book.trim({ before: 1 })
    const after = log.metrics()
    t.ok(after.commits.records.count > count)
    t.equal(after.commits.records.sum, 1)
    t.equal(after.handle.appends.records, 1)
    t.ok(JSON.parse(JSON.stringify(after)).nextSeqnum >= 1, 'a plain object')
    await log.close()
    throws(t, () => log.metrics(), closed, 'metrics')
  })
}
