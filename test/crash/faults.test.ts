// A disk that fails, fills up or is slow at a moment of our choosing, seen from the interface.

import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { open } from '../../src/embedded/index.js'
import { faults } from '../support/faults.js'
import { tempDirectory } from '../support/temp-directory.js'

async function logWithFaults(t: Test, options: Parameters<typeof open>[1] = {}) {
  const disk = faults(t)
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const log = await open(directory.path, options)
  t.teardown(() => log.close().catch(() => {}))
  return { disk, directory, log, book: log.book('b') }
}

t.test('a mistake in the rules is explained', async (t) => {
  t.throws(() => faults(t, 'explode sync *'), {
    message: /^fault rule 1: "explode"; expected: a rule begins/,
  })
})

t.test('after a failed flush nothing is called written, and nothing acknowledged is lost', async (t) => {
  const { disk, directory, log, book } = await logWithFaults(t)
  const kept = await book.append(Buffer.from('kept'))
  // The one that is written: the background flushes another, which it makes ready.
  disk.set('fail sync segment-0000000000000001 with EIO once')
  await t.rejects(book.append(Buffer.from('unknown')), { code: 'ERR_DAYBOOK_IO', outcome: 'unknown' })
  t.same(disk.hits(), [1])
  await t.rejects(book.append(Buffer.from('later')), { code: 'ERR_DAYBOOK_READ_ONLY', outcome: 'notWritten' })
  t.equal(log.status.state, 'read-only')
  t.equal((await book.readPrev())?.seqnum, kept, 'reads go on')
  await log.close().catch(() => {})
  const again = await open(directory.path)
  const data: string[] = []
  for await (const record of again.book('b').read()) data.push(Buffer.from(record.data).toString())
  t.ok(['kept', 'kept,unknown'].includes(data.join()), 'the unknown one at most once')
  await again.close()
})

t.test(
  'a disk that is full refuses appends whole, also after a short write, until there is room',
  async (t) => {
    const { disk, directory, log, book } = await logWithFaults(t)
    disk.set('full after 5000 bytes')
    const acknowledged: number[] = []
    let refused: unknown
    while (refused === undefined) {
      await book.append(Buffer.alloc(900)).then(
        (seqnum) => acknowledged.push(seqnum),
        (error: unknown) => {
          refused = error
        },
      )
    }
    t.match(refused, { code: 'ERR_DAYBOOK_DISK_FULL', outcome: 'notWritten', retryable: true })
    t.equal(log.status.state, 'open')
    disk.set('')
    acknowledged.push(await book.append(Buffer.alloc(900)))
    await log.close()
    const again = await open(directory.path)
    const found: number[] = []
    for await (const record of again.book('b').read()) found.push(record.seqnum)
    t.same(found, acknowledged)
    await again.close()
  },
)

t.test('while a flush waits for the disk, the event loop turns and reads are answered', async (t) => {
  const { disk, book } = await logWithFaults(t)
  const first = await book.append(Buffer.from('first'))
  disk.set('delay sync segment-0000000000000001 1000ms once')
  let done = false
  const append = book.append(Buffer.from('second')).then((seqnum) => {
    done = true
    return seqnum
  })
  // A flush on this thread would be over after a turn or two.
  for (let turn = 0; turn < 10; turn++) {
    await setImmediate()
    t.equal((await book.readPrev())?.seqnum, first)
  }
  t.equal(done, false, 'all that happened before the append was acknowledged')
  t.equal(await append, first + 1)
  t.same(disk.hits(), [1])
})

/** More than the memory for the newest records holds, so it is read from its file. */
const large = Buffer.alloc(400_000, 'text')

t.test('a read that fails fails alone', async (t) => {
  const { disk, log, book } = await logWithFaults(t, { memoryBytes: 1 << 20 })
  const seqnum = await book.append(large)
  disk.set('fail read segment-* with EIO')
  await t.rejects(book.readPrev(), { code: 'ERR_DAYBOOK_IO' })
  t.ok(disk.hits().every((hits) => hits > 0))
  disk.set('')
  t.equal((await book.readPrev())?.seqnum, seqnum)
  t.equal(log.status.state, 'open')
  t.equal(await book.append(Buffer.from('more')), seqnum + 1)
})

t.test('bytes that changed on their way are never handed out', async (t) => {
  const { disk, book } = await logWithFaults(t, { memoryBytes: 1 << 20 })
  const seqnum = await book.append(large)
  disk.set('flip read segment-* bit 60')
  await t.rejects(book.readPrev(), { code: 'ERR_DAYBOOK_CORRUPT' })
  disk.set('')
  t.equal((await book.readPrev())?.seqnum, seqnum)
})
