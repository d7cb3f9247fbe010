// Files that were cut, flipped or lost, seen through the API: documented errors, a process that lives, and
// nothing that is called absent only because it cannot be read. native/log/damage_test.cc does it bit by bit.

import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { open } from '../../src/embedded/index.js'
import { tempDirectory } from '../support/temp-directory.js'

const records = 200

/** A log of several segments, closed properly. */
async function damagedLog(t: Test): Promise<{ path: string; segments: string[] }> {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const log = await open(directory.path, { segmentBytes: 1 << 20 })
  const book = log.book('b')
  for (let i = 0; i < records; i++) {
    await book.append(Buffer.alloc(20_000, i), { tags: ['t', `n${i % 4}`] })
  }
  await log.close()
  const names = (await readdir(directory.path)).filter((name) => name.startsWith('segment-')).sort()
  return { path: directory.path, segments: names.map((name) => join(directory.path, name)) }
}

async function flip(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[offset] = (bytes[offset] as number) ^ 0x10
  await writeFile(path, bytes)
}

t.test('a flipped bit: the log opens read-only, names the place, and serves the rest', async (t) => {
  const { path, segments } = await damagedLog(t)
  t.ok(segments.length > 2)
  await flip(segments[1] as string, 12_288 + 5000)
  const log = await open(path)
  const book = log.book('b')
  const { state, cause } = log.status
  t.equal(state, 'read-only')
  t.match(cause, { code: 'ERR_DAYBOOK_CORRUPT' })
  const place = /segment-0000000000000002, offset 12288: .*seqnums? (\d+) to (\d+)/.exec(cause?.message ?? '')
  t.ok(place, String(cause?.message))
  const [, first, last] = (place ?? []).map(Number) as [number, number, number]

  let read = 0
  await t.rejects(
    (async () => {
      for await (const record of book.read({ tag: 't' })) {
        t.equal(record.data[0], read % 256)
        read++
      }
    })(),
    { code: 'ERR_DAYBOOK_CORRUPT' },
  )
  t.equal(read, first, 'everything in front of the damage')
  t.equal((await book.readNext({ tag: 't', after: last }))?.seqnum, last + 1, 'and behind it')
  await t.rejects(book.get(first), { code: 'ERR_DAYBOOK_CORRUPT' }, 'unreadable is not absent')
  await t.rejects(book.append(Buffer.from('x')), {
    code: 'ERR_DAYBOOK_READ_ONLY',
    outcome: 'notWritten',
    cause: { code: 'ERR_DAYBOOK_CORRUPT' },
  })
  await log.close()
})

t.test('a cut last segment is damage, not the end', async (t) => {
  const { path, segments } = await damagedLog(t)
  // Behind what was written stand zeros, and behind the segment one that was made ready.
  const contents = await Promise.all(segments.map((segment) => readFile(segment)))
  const used = contents.map((bytes) => bytes.findLastIndex((byte) => byte !== 0) + 1)
  const last = used.findLastIndex((length) => length > 12_288)
  // In the middle of the last batch, whose header says that no trim is lost with it.
  await truncate(segments[last] as string, (used[last] as number) - 1)
  const log = await open(path)
  t.match(log.status, {
    state: 'read-only',
    cause: { code: 'ERR_DAYBOOK_CORRUPT', message: /ends before|do not hold/ },
  })
  await t.rejects(log.book('b').tail(), { code: 'ERR_DAYBOOK_CORRUPT' })
  t.equal((await log.book('b').get(0))?.seqnum, 0)
  await log.close()
})

t.test('a lost segment is named', async (t) => {
  const { path, segments } = await damagedLog(t)
  await rm(segments[0] as string)
  const log = await open(path)
  t.match(log.status, { state: 'read-only', cause: { message: /segment-0000000000000001/ } })
  // The book's name stood in it.
  await t.rejects(log.book('b').readNext(), { code: 'ERR_DAYBOOK_CORRUPT' })
  await log.close()
})

t.test('without a manifest nothing is opened, made or changed', async (t) => {
  const { path, segments } = await damagedLog(t)
  const before = await readFile(segments[0] as string)
  await rm(join(path, 'manifest-0'))
  await rm(join(path, 'manifest-1'))
  await t.rejects(open(path), { code: 'ERR_DAYBOOK_CORRUPT', message: /manifest/ })
  t.same(await readFile(segments[0] as string), before)
})

t.test('one lost manifest is made again', async (t) => {
  const { path } = await damagedLog(t)
  await rm(join(path, 'manifest-0'))
  const log = await open(path)
  t.equal(log.status.state, 'open')
  t.equal(await log.book('b').tail(), records - 1)
  await log.close()
  t.same(await readFile(join(path, 'manifest-0')), await readFile(join(path, 'manifest-1')))
})

t.test('damage that comes while the log is open is an error of the read that meets it', async (t) => {
  const { path, segments } = await damagedLog(t)
  const log = await open(path, { memoryBytes: 1 << 20 })
  await flip(segments[0] as string, 12_288 + 5000)
  await t.rejects(log.book('b').get(0), { code: 'ERR_DAYBOOK_CORRUPT', message: /seqnum 0/ })
  t.throws(() => log.book('b').getSync(0), { code: 'ERR_DAYBOOK_CORRUPT' })
  t.equal((await log.book('b').get(1))?.seqnum, 1)
  await log.close()
})
