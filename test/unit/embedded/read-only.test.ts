// open(directory, { readOnly: true }): what it refuses, what it leaves alone, and whom it joins.

import { chmod, link, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { open } from '../../../src/embedded/index.js'
import { isDaybookError } from '../../../src/log/errors.js'
import { startChild } from '../../crash/child.js'
import { tempDirectory } from '../../support/temp-directory.js'

const filler = `
const log = await open(directory)
const book = log.book('b')
for (let i = 0; i < 20; i++) await book.append(Buffer.from(String(i)), { tags: ['t' + (i % 2)] })
await book.trim({ before: 5 })
say(book.position)
if (args[0] === 'stay') {
  process.stdin.on('data', async (line) => {
    await book.append(line)
    say(book.position)
  })
  process.stdin.on('end', () => log.close())
} else await log.close()
`

t.test('all that reads works, all that writes is refused', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const child = startChild(filler, [directory.path, 'stay'], { hasInput: true })
  t.teardown(() => child.process.kill('SIGKILL'))
  const words = child.lines[Symbol.asyncIterator]()
  const { value: position } = await words.next()
  const log = await open(directory.path, { readOnly: true })
  t.teardown(() => log.close())
  const book = log.book('b')
  t.same(log.status, { state: 'read-only' })
  t.equal(await book.tail({ atLeast: position as string }), 19)
  t.equal((await book.readNext())?.seqnum, 5)
  t.equal((await book.readPrev({ tag: 't0' }))?.seqnum, 18)
  t.equal((await book.get(7))?.data.toString(), '7')
  await t.rejects(book.get(2), { code: 'ERR_DAYBOOK_TRIMMED' })
  t.equal(book.getSync(7)?.data.toString(), '7')
  t.equal(book.tailSync(), 19)
  t.equal(book.readPrevSync({ tag: 't1', before: 19 })?.seqnum, 17)
  t.equal(await log.book('another').tail(), -1)
  t.equal(await book.seqnumAt(new Date(0)), 5)
  t.same(
    (await log.books()).map(({ name }) => name),
    ['b'],
  )
  const stat = await log.stat()
  t.equal(stat.books, 1)
  t.ok(stat.bytes > 0 && stat.segments.length > 0)

  const refused = {
    append: () => book.append(Buffer.from('x')),
    'append os': () => book.append(Buffer.from('x'), { durability: 'os' }),
    appendMany: () => book.appendMany([{ data: Buffer.from('x') }]),
    trim: () => book.trim({ before: 10 }),
    retain: () => book.retain({ maxRecords: 1 }),
    'retain of null': () => book.retain(null),
    drop: () => log.drop('b'),
    'drop of what is not there': () => log.drop('none'),
  }
  for (const [name, call] of Object.entries(refused)) {
    const error: unknown = await call().catch((caught: unknown) => caught)
    t.ok(isDaybookError(error), name)
    t.match(error, { code: 'ERR_DAYBOOK_READ_ONLY', outcome: 'notWritten' }, name)
  }
  const failed = new Promise((resolve) => {
    book.writable().on('error', resolve).end(Buffer.from('x'))
  })
  t.match(await failed, { code: 'ERR_DAYBOOK_READ_ONLY', outcome: 'notWritten' }, 'a stream')

  // And it goes on: a live reader that waits has the next record, by a book that it did not know of too.
  const live = book.read({ live: true, after: 19 })[Symbol.asyncIterator]()
  const step = live.next()
  child.process.stdin?.write('next')
  t.equal((await step).value?.data.toString(), 'next')
  const { value: later } = await words.next()
  t.equal(await book.tail({ atLeast: later as string }), 20)
  await live.return?.()
  child.process.stdin?.end()
  await child.end()
  t.equal(await book.tail(), 20, 'also when nobody writes any more')
})

t.test('a directory in which nothing may be written is read, and stays as it is', async (t) => {
  const directory = await tempDirectory()
  t.teardown(async () => {
    await chmod(directory.path, 0o700)
    await directory.remove()
  })
  await startChild(filler, [directory.path]).end()
  const before = (await readdir(directory.path)).sort()
  await chmod(directory.path, 0o500)
  const log = await open(directory.path, { readOnly: true })
  t.equal(await log.book('b').tail(), 19)
  await log.close()
  t.same((await readdir(directory.path)).sort(), before)
})

t.test('where there is no log, none is made', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const missing = join(directory.path, 'missing')
  await t.rejects(open(missing, { readOnly: true }), { code: 'ERR_DAYBOOK_FORMAT', message: /missing/ })
  const empty = join(directory.path, 'empty')
  await mkdir(empty)
  await t.rejects(open(empty, { readOnly: true }), { code: 'ERR_DAYBOOK_FORMAT', message: /no log/ })
  t.same(await readdir(directory.path), ['empty'])
  t.same(await readdir(empty), [])
  for (const readOnly of [1, 'yes', null]) {
    const wrong = open(empty, { readOnly } as never)
    await t.rejects(wrong, { code: 'ERR_DAYBOOK_INVALID_ARG', message: /readOnly/ })
  }
})

t.test('in a process that writes the log, the handle joins it', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const writer = await open(directory.path)
  const reader = await open(directory.path, { readOnly: true })
  const seqnum = await writer.book('b').append(Buffer.from('x'), { durability: 'os' })
  t.equal(reader.book('b').tailSync(), seqnum, 'at once, flushed or not')
  t.equal(await reader.book('b').tail({ atLeast: writer.book('b').position }), seqnum)
  await t.rejects(reader.book('b').append(Buffer.from('y')), {
    code: 'ERR_DAYBOOK_READ_ONLY',
    outcome: 'notWritten',
  })
  t.equal(writer.status.state, 'open')
  t.equal(reader.status.state, 'read-only')
  await writer.close()
  t.equal(reader.book('b').tailSync(), seqnum, 'the log stays open with its last handle')
  await reader.close()
})

t.test('a process may follow a log, and then open it for writing', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  await startChild(filler, [directory.path]).end()
  const follower = await open(directory.path, { readOnly: true })
  const writer = await open(directory.path)
  const seqnum = await writer.book('b').append(Buffer.from('from here'))
  const { position } = writer.book('b')
  t.equal(await follower.book('b').tail({ atLeast: position }), seqnum)
  await follower.close()
  await writer.close()
})

t.test('a copy made of hard links is read as it was, whatever the original does', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const [original, copy] = [join(directory.path, 'original'), join(directory.path, 'copy')]
  const child = startChild(filler, [original, 'stay'], { hasInput: true })
  t.teardown(() => child.process.kill('SIGKILL'))
  const words = child.lines[Symbol.asyncIterator]()
  await words.next()
  const follower = await open(original, { readOnly: true })
  await mkdir(copy)
  for (const name of await readdir(original)) await link(join(original, name), join(copy, name))
  const ofCopy = await open(copy, { readOnly: true })
  const before = await ofCopy.book('b').tail()
  t.ok(before >= 18, 'what its files prove: all but the last one at the most')
  for (let i = 0; i < 20; i++) {
    child.process.stdin?.write('next')
    const { value: position } = await words.next()
    t.equal(await follower.book('b').tail({ atLeast: position as string }), 20 + i)
  }
  t.ok((await ofCopy.book('b').tail()) <= 20)
  t.same(ofCopy.status, { state: 'read-only' })
  await ofCopy.close()
  await follower.close()
})

t.test('a position of a later opening is waited for', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  await startChild(filler, [directory.path]).end()
  const follower = await open(directory.path, { readOnly: true })
  t.teardown(() => follower.close())
  const parts = follower.book('b').position.split('-')
  const later = [...parts.slice(0, 3), '9', parts[4]].join('-')
  const controller = new AbortController()
  const waiting = follower.book('b').tail({ atLeast: later, signal: controller.signal })
  await new Promise((done) => setTimeout(done, 50))
  const reason = new Error('enough')
  controller.abort(reason)
  await t.rejects(waiting, reason)
})
