// `daybook read`, `books` and `trim` on small logs, in the process of the test.

import { join } from 'node:path'
import t, { type Test } from 'tap'
import { open } from '../../../src/embedded/index.js'
import { daybook } from '../../support/program.js'
import { tempDirectory } from '../../support/temp-directory.js'

async function logOf(
  t: Test,
  books: Record<string, readonly (readonly [data: string | Buffer, ...tags: string[]])[]>,
) {
  const { path, remove } = await tempDirectory()
  t.teardown(remove)
  const directory = join(path, 'log')
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

t.test('other formats: the data alone, or a line that a terminal cannot be driven by', async (t) => {
  const directory = await logOf(t, {
    book: [['one', 'a', 'b'], ['\x1b[31mred\ntwo'], [Buffer.alloc(20, 0xff)]],
  })
  const raw = await daybook('read', directory, '--format', 'raw', '--limit', '2')
  t.match(raw, { code: 0, stdout: 'one\n\x1b[31mred\ntwo\n', stderr: '' })
  const human = linesOf((await daybook('read', directory, '--format', 'human')).stdout)
  t.match(human[0], /^ {7}0 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z {2}a b {2}one$/)
  t.match(human[1], /Z {2}\\x1b\[31mred\\x0atwo$/)
  t.match(human[2], /Z {2}<20 bytes: f{32}…>$/)
})

t.test('bounds, tags, limits and directions', async (t) => {
  const records = Array.from({ length: 10 }, (_, i) => [String(i), i % 2 === 0 ? 'even' : 'odd'] as const)
  const directory = await logOf(t, { book: records })
  const questions: [string[], number[]][] = [
    [
      ['--from', '3', '--to', '5'],
      [3, 4, 5],
    ],
    [
      ['--after', '3', '--before', '6'],
      [4, 5],
    ],
    [
      ['-t', 'odd', '--reverse', '--limit', '2'],
      [9, 7],
    ],
    [['--tag', 'even', '--after', '-1', '-n', '1'], [0]],
    [['--match', '{"any":["even","none"]}', '-n', '1'], [0]],
    [['--match', '{"all":["even","none"]}'], []],
    [['-t', 'absent'], []],
    [['-n', '0'], []],
  ]
  for (const [args, expected] of questions) {
    const { code, stdout, stderr } = await daybook('read', directory, '-b', 'book', ...args)
    t.equal(code, 0, stderr)
    t.same(seqnumsOf(stdout), expected, args.join(' '))
  }
})

t.test('where there are several books one has to be named', async (t) => {
  const directory = await logOf(t, { one: [['1']], two: [['2']] })
  const { code, stderr } = await daybook('read', directory)
  t.equal(code, 2)
  t.match(stderr, /^daybook: the log has several books \(one, two\)[^\n]+\n$/)
  t.same(seqnumsOf((await daybook('read', directory, '-b', 'two')).stdout), [1])
  const absent = { code: 1, stdout: '', stderr: "daybook: there is no book 'absent' in the log\n" }
  for (const args of [['read'], ['trim', '--all'], ['trim', '--before', '1']]) {
    const [command = '', ...rest] = args
    t.match(await daybook(command, directory, '-b', 'absent', ...rest), absent)
  }
  t.match(await daybook('read', directory, '-b', 'absent', '-f', '-n', '0'), { code: 0, stdout: '' })
})

t.test('trim: below a seqnum, by age, all, and the book itself', async (t) => {
  const directory = await logOf(t, { book: [['0'], ['1'], ['2'], ['3']], other: [['x']] })
  const trim = (...args: string[]) => daybook('trim', directory, '-b', 'book', ...args)
  const left = async () => seqnumsOf((await daybook('read', directory, '-b', 'book')).stdout)
  t.match(await trim('--older-than', '1d'), {
    code: 0,
    stdout: "book 'book' trimmed: it begins at seqnum 0\n",
  })
  t.match(await trim('--before', '2'), { code: 0, stdout: "book 'book' trimmed: it begins at seqnum 2\n" })
  t.same(await left(), [2, 3])
  t.match(await trim('--older-than', '0s'), { code: 0, stdout: "book 'book' trimmed: it is empty\n" })
  t.same(await left(), [])
  t.match(await trim('--all'), { code: 0 })
  t.match(await trim('--drop'), { code: 0, stdout: "book 'book' dropped\n" })
  t.match(await trim('--drop'), { code: 1, stderr: "daybook: there is no book 'book' in the log\n" })
  const listed = JSON.parse((await daybook('books', directory, '--json')).stdout)
  t.same(
    listed.map(({ name }: { name: string }) => name),
    ['other'],
  )
})
