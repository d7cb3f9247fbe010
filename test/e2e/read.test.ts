// `daybook read`, `books` and `trim`: what a user types, and what is printed.

import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { open } from '../../src/embedded/index.js'
import { daybook, endOf, start } from '../support/command-line.js'
import { tempDirectory } from '../support/temp-directory.js'

t.jobs = 3

async function place(t: Test): Promise<string> {
  const { path, remove } = await tempDirectory('daybook-read-test-')
  t.teardown(remove)
  return join(path, 'log')
}

async function logOf(
  t: Test,
  books: Record<string, readonly (readonly [data: string | Buffer, ...tags: string[]])[]>,
) {
  const directory = await place(t)
  const log = await open(directory)
  for (const [name, records] of Object.entries(books)) {
    const book = log.book(name)
    for (const [data, ...tags] of records) await book.append(Buffer.from(data), { tags })
  }
  await log.close()
  return directory
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)
const seqnumsOf = (text: string): number[] => linesOf(text).map((line) => JSON.parse(line).seqnum)

t.test('a pipe gets a line of JSON for each record, and no byte is lost', async (t) => {
  const big = '{"n":12345678901234567890.10,\r\n"s":"ü\\n"}'
  const data = [big, 'text "so"', Buffer.from([0xff, 0xfe, 0]), '', '"\u2028"', 'null', '\ufefftext']
  const directory = await logOf(t, { book: data.map((each, i) => [each, `n:${i}`, 'ü']) })
  const { code, stdout, stderr } = await daybook(['read', directory])
  t.equal(code, 0, stderr)
  const lines = linesOf(stdout)
  t.equal(lines.length, data.length)
  t.ok(
    lines[0]?.endsWith(',"data":{"n":12345678901234567890.10, "s":"ü\\n"}}'),
    'JSON stays as it was written',
  )
  for (const [i, line] of lines.entries()) {
    const { seqnum, time, tags, ...content } = JSON.parse(line)
    t.equal(seqnum, i)
    t.same(tags, [`n:${i}`, 'ü'])
    t.equal(new Date(time).toISOString(), time)
    const [kind = ''] = Object.keys(content)
    const expected = Buffer.from(data[i] as string)
    if (kind === 'base64') t.same(Buffer.from(content.base64, 'base64'), expected)
    else if (kind === 'text') t.equal(content.text, expected.toString())
    else t.same(content, { data: JSON.parse(expected.toString()) })
  }
  const kinds = lines.map((line) => Object.keys(JSON.parse(line)).at(-1))
  t.same(kinds, ['data', 'text', 'base64', 'text', 'data', 'data', 'text'])
})

t.test('a reader that has seen enough ends the command in silence', async (t) => {
  const directory = await logOf(t, {})
  const log = await open(directory)
  const items = Array.from({ length: 20_000 }, (_, i) => ({
    data: Buffer.from(`record ${i} ${'x'.repeat(100)}`),
  }))
  await log.book('book').appendMany(items)
  await log.close()
  const child = start(['read', directory])
  const ended = endOf(child)
  await once(child.stdout as NodeJS.EventEmitter, 'data')
  child.stdout?.destroy()
  const { code, stderr } = await ended
  t.equal(code, 141)
  t.equal(stderr, '')
  t.equal((await daybook(['append', directory, 'x', '-b', 'book'])).code, 0, 'the log was closed')
})

t.test('following goes on until it is interrupted, and that is a good end', async (t) => {
  const directory = await logOf(t, { book: [['one'], ['two']] })
  const child = start(['read', directory, '--follow', '--from', '1'])
  const ended = endOf(child)
  await once(child.stdout as NodeJS.EventEmitter, 'data')
  child.kill('SIGINT')
  const { code, stdout, stderr } = await ended
  t.equal(code, 0, stderr)
  t.same(seqnumsOf(stdout), [1])
  t.equal(stderr, '')
  const limited = await daybook(['read', directory, '-f', '-n', '2'])
  t.match(limited, { code: 0 })
  t.same(seqnumsOf(limited.stdout), [0, 1], 'a limit ends it too')
  const killed = start(['read', directory, '-f'])
  const killedEnd = endOf(killed)
  await once(killed.stdout as NodeJS.EventEmitter, 'data')
  killed.kill('SIGTERM')
  t.equal((await killedEnd).code, 143)
})

t.test('books: a table, or JSON', async (t) => {
  const directory = await logOf(t, { two: [['x']], one: [['y'], ['z']], 'odd\n': [['w']] })
  const log = await open(directory)
  await log.book('one').retain({ maxAge: 7 * 86_400_000, maxRecords: 1000 })
  await log.close()
  const { code, stdout } = await daybook(['books', directory])
  t.equal(code, 0)
  const lines = linesOf(stdout)
  t.match(lines[0], /^book +records +bytes +keeps$/)
  t.same(
    lines.slice(1).map((line) => line.split(/ {2,}/)[0]),
    ['odd\\x0a', 'one', 'two'],
  )
  t.match(lines[2], /7 d, 1,000 records$/)
  const listed = JSON.parse((await daybook(['books', directory, '--json', '--prefix', 'o'])).stdout)
  t.match(listed, [
    { name: 'odd\n', retention: null },
    { name: 'one', retention: { maxRecords: 1000 } },
  ])
  t.equal(listed.length, 2)
})

t.test('trim ends a book, and says so', async (t) => {
  const directory = await logOf(t, { book: [['0'], ['1']] })
  const trimmed = await daybook(['trim', directory, '--book', 'book', '--before', '1'])
  t.match(trimmed, { code: 0, stdout: "book 'book' trimmed: it begins at seqnum 1\n", stderr: '' })
  const both = await daybook(['trim', directory, '--book', 'book', '--tag', 'a', '--drop'])
  t.match(both, { code: 2, stdout: '', stderr: /--drop ends the whole book/ })
  const untagged = await daybook(['trim', directory, '--book', 'book', '--tag', 'a', '--all'])
  t.match(untagged, { code: 0, stdout: "tag 'a' of book 'book' trimmed: no record carries it\n", stderr: '' })
  const dropped = await daybook(['trim', directory, '--book', 'book', '--drop'])
  t.match(dropped, { code: 0, stdout: "book 'book' dropped\n", stderr: '' })
  const gone = await daybook(['trim', directory, '--book', 'book', '--drop'])
  t.match(gone, { code: 1, stdout: '', stderr: "daybook: there is no book 'book' in the log\n" })
})

t.test('a log that another process writes is followed', async (t) => {
  const directory = await logOf(t, { book: [['one'], ['two']] })
  const log = await open(directory)
  t.teardown(() => log.close())
  await log.book('book').append(Buffer.from('three'))
  const read = await daybook(['read', directory])
  t.equal(read.code, 0, read.stderr)
  t.equal(linesOf(read.stdout).length, 3)
  const books = await daybook(['books', directory])
  t.equal(books.code, 0, books.stderr)
  t.match(books.stdout, /book/)
  const stat = await daybook(['stat', directory, '--json'])
  t.equal(stat.code, 0, stat.stderr)
  t.equal(JSON.parse(stat.stdout).records, 3)
  const missing = await daybook(['read', directory, '--book', 'none'])
  t.match(missing, { code: 1, stderr: /no book 'none'/ })
  const trim = await daybook(['trim', directory, '--book', 'book', '--before', '1'])
  t.match(trim, { code: 1, stderr: /ERR_DAYBOOK_LOCKED/ })
})
