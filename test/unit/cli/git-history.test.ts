import t from 'tap'
import { type Commit, HistoryParser, pathText } from '../../../src/cli/demo/git-history.js'
import { InputError } from '../../../src/cli/demo/input.js'

const hash = (digit: string): string => digit.repeat(40)
const zeros = '0'.repeat(40)

/** A commit as git log writes it; `changes` are pairs of a status and its paths. */
function written(
  digit: string,
  subject: string | Buffer,
  changes: readonly (readonly [status: string, ...paths: (string | Buffer)[]])[] = [],
): Buffer {
  const parts: (string | Buffer)[] = []
  for (const field of [hash(digit), 'Ann', 'ann@example.org', '2024-02-29T10:00:00+01:00', subject]) {
    parts.push(field, '\0')
  }
  for (const [at, [status, ...paths]] of changes.entries()) {
    parts.push(at === 0 ? '\n' : '', `:100644 100644 ${zeros} ${zeros} ${status}\0`)
    for (const path of paths) parts.push(path, '\0')
  }
  return Buffer.concat(parts.map((part) => Buffer.from(part)))
}

function parse(output: Buffer, chunk = output.length): Commit[] {
  const parser = new HistoryParser()
  const commits: Commit[] = []
  for (let at = 0; at < output.length; at += chunk)
    commits.push(...parser.push(output.subarray(at, at + chunk)))
  return [...commits, ...parser.end()]
}

const awkward = Buffer.concat([
  written('a', 'first', [
    ['A', 'plain'],
    ['A', 'new\nline'],
  ]),
  written('b', '', []),
  written('c', 'renamed', [
    ['R086', 'old name', 'new name'],
    ['D', 'gone'],
    ['C100', 'from', 'to'],
  ]),
  written('d', ':not a change', [['M', ':100644 100644 a b M']]),
  written('e', 'names like a commit', [
    ['M', hash('f')],
    ['A', '\n:x'],
  ]),
  written('f', 'a merge'),
])

t.test('commits come with exactly the paths that they touch', async (t) => {
  t.strictSame(
    parse(awkward).map(({ hash, subject, files, fileCount }) => [hash[0], subject, files, fileCount]),
    [
      ['a', 'first', ['plain', 'new\nline'], 2],
      ['b', '', [], 0],
      ['c', 'renamed', ['old name', 'new name', 'gone', 'from', 'to'], 5],
      ['d', ':not a change', [':100644 100644 a b M'], 1],
      ['e', 'names like a commit', [hash('f'), '\n:x'], 2],
      ['f', 'a merge', [], 0],
    ],
  )
  t.match(parse(awkward)[0], { author: 'Ann', email: 'ann@example.org', date: '2024-02-29T10:00:00+01:00' })
})

t.test('it makes no difference where the output is cut, nor whether its memory is used again', async (t) => {
  const whole = parse(awkward)
  for (const size of [1, 2, 3, 7, 41, 100]) t.strictSame(parse(awkward, size), whole, `in pieces of ${size}`)
  const parser = new HistoryParser()
  const commits: Commit[] = []
  const reused = Buffer.alloc(13)
  for (let at = 0; at < awkward.length; at += reused.length) {
    const length = awkward.copy(reused, 0, at, at + reused.length)
    commits.push(...parser.push(reused.subarray(0, length)))
    reused.fill(0xee)
  }
  t.strictSame([...commits, ...parser.end()], whole)
})

t.test('bytes that are not UTF-8 keep different files different', async (t) => {
  const [commit] = parse(
    written('a', Buffer.from([0x66, 0xfc, 0x72]), [
      ['A', Buffer.from([0x61, 0xff])],
      ['A', Buffer.from([0x61, 0xfe])],
      ['A', 'ünï'],
    ]),
  )
  t.strictSame(commit?.files, ['a\\xff', 'a\\xfe', 'ünï'])
  t.equal(commit?.subject, 'f\ufffdr')
  t.equal(pathText(Buffer.from('\ufeffbom')), '\ufeffbom')
})

t.test('a huge commit is counted whole and kept in part', async (t) => {
  const paths = Array.from({ length: 30_000 }, (_, at) => `${'d'.repeat(60)}/${at}`)
  const [commit, next] = parse(
    Buffer.concat([
      written(
        'a',
        'everything',
        paths.map((path) => ['A', path]),
      ),
      written('b', 's'.repeat(1_000_000), [['M', 'after']]),
    ]),
    65_536,
  )
  t.equal(commit?.fileCount, 30_000)
  const kept = commit?.files.length ?? 0
  t.ok(kept > 10_000 && kept < 20_000, `${kept} paths are about a mebibyte`)
  t.strictSame(commit?.files, paths.slice(0, kept))
  t.equal(next?.subject.length, 65_536, 'a field is cut')
  t.strictSame(next?.files, ['after'], 'and what follows it is not')
})

t.test('an output that ends within a commit, or is none, is refused', async (t) => {
  const whole = written('a', 'first', [['R100', 'from', 'to']])
  for (let length = 1; length < whole.length; length += 1) {
    const cut = whole.subarray(0, length)
    // Up to here it may as well be a commit without changes, or with its line break still to come.
    if (cut.at(-1) === 0 && cut.indexOf('\n') === -1 && cut.includes('first')) continue
    t.throws(() => parse(cut), InputError, `cut at ${length} of ${whole.length}`)
  }
  t.throws(() => parse(Buffer.from('fatal: what\0')), InputError)
  t.strictSame(parse(Buffer.alloc(0)), [])
})
