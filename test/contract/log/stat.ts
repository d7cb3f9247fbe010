// What a log tells of itself.

import { appendAll, bytes, closed, rejects, type Suite } from './harness.js'

export function statSuite({ scenario }: Suite): void {
  scenario('an empty log has nothing to tell', async ({ t, log }) => {
    const { books, records, nextSeqnum, durableSeqnum, reclaimableBytes } = await log.stat()
    t.same(
      { books, records, nextSeqnum, durableSeqnum, reclaimableBytes },
      {
        books: 0,
        records: 0,
        nextSeqnum: 0,
        durableSeqnum: 0,
        reclaimableBytes: 0,
      },
    )
  })

  scenario('books and positions are counted, across reopening too', async ({ t, log, book, open }) => {
    const given = await appendAll(book, [['a'], ['b'], []])
    await log.book('other').append(bytes('x'))
    await log.book('gone').append(bytes('x'))
    await log.drop('gone')
    const stat = await log.stat()
    t.equal(stat.books, 2)
    t.ok(stat.nextSeqnum > (given[2] as number) + 2)
    t.equal(stat.durableSeqnum, stat.nextSeqnum, 'all of it was acknowledged as flushed')
    await log.close()
    const again = await open()
    const reopened = await again.stat()
    t.equal(reopened.books, 2)
    t.ok(reopened.nextSeqnum >= stat.nextSeqnum)
    t.ok(reopened.durableSeqnum >= stat.nextSeqnum)
  })

  scenario('sizes are those of something that is there', async ({ t, log, book }) => {
    await book.appendMany(Array.from({ length: 50 }, () => ({ data: Buffer.alloc(50_000), tags: ['a'] })))
    const { bytes: onDisk, segments, memory, index, checkpoints, reserveBytes } = await log.stat()
    t.ok(memory.index + memory.cache > 0)
    for (const number of [onDisk, memory.index, memory.cache, index.runs, index.bytes, reserveBytes]) {
      t.ok(Number.isSafeInteger(number) && number >= 0)
    }
    t.ok(checkpoints.count <= 2)
    const inSegments = segments.reduce((sum, segment) => sum + segment.bytes, 0)
    t.ok(inSegments <= onDisk)
    for (const { live, lane, kind, state } of segments) {
      t.ok(live >= 0 && live <= 1 && lane >= 0)
      t.ok(['log', 'rewritten'].includes(kind) && ['open', 'closed', 'reserve'].includes(state))
    }
  })

  scenario('a closed log tells nothing', async ({ t, log }) => {
    await log.close()
    await rejects(t, () => log.stat(), closed, 'stat')
  })
}
