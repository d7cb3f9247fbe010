// `daybook import` and `daybook append`: what a user types, and what is in the log afterwards.

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { open } from '../../src/embedded/index.js'
import type { LogRecord } from '../../src/log/types.js'
import { daybook, endOf, start } from '../support/command-line.js'
import { tempDirectory } from '../support/temp-directory.js'

t.jobs = 3

async function place(t: Test): Promise<{ path: string; log: string }> {
  const { path, remove } = await tempDirectory('daybook-import-test-')
  t.teardown(remove)
  return { path, log: join(path, 'log') }
}

async function recordsIn(directory: string, book = 'main'): Promise<LogRecord<Uint8Array>[]> {
  const log = await open(directory)
  try {
    const records: LogRecord<Uint8Array>[] = []
    for await (const record of log.book(book).read()) records.push(record)
    return records
  } finally {
    await log.close()
  }
}

async function textsIn(directory: string, book?: string): Promise<string[]> {
  return (await recordsIn(directory, book)).map(({ data }) => Buffer.from(data).toString())
}

t.test('lines of JSON become records, byte for byte, with tags of their fields', async (t) => {
  const { path, log } = await place(t)
  const lines = [
    '{"id": 1.10, "user":{"id":"ann"},"kind":["x","y"],"a.b":true}',
    '{"id":2,"user":{"id":null},"kind":[]}',
    '',
    ' \t ',
    '"only a string"',
    '{"id":3,"user":"no object","kind":"z","ü":"ö"}',
  ]
  const file = join(path, 'in.ndjson')
  await writeFile(file, `\ufeff${lines.join('\r\n')}`)
  const tags = ['-t', 'user=user.id', '-t', '=kind', '-t', 'id', '--tag', 'a\\.b', '-t', 'ü']
  const ended = await daybook(['import', log, file, '--book', 'things', ...tags])
  t.match(ended, { code: 0, stdout: "4 records imported into book 'things', seqnums 0 to 3\n", stderr: '' })
  const records = await recordsIn(log, 'things')
  t.same(
    records.map(({ data }) => Buffer.from(data).toString()),
    lines.filter((line) => line.trim() !== ''),
  )
  t.same(
    records.map((record) => record.tags),
    [['user:ann', 'x', 'y', 'id:1.10', 'a\\.b:true'], ['id:2'], [], ['z', 'id:3', 'ü:ö']],
  )
})

t.test('plain lines are taken as they are, from a pipe', async (t) => {
  const { log } = await place(t)
  const input = Buffer.concat([
    Buffer.from('one\n\n{"not": parsed\n'),
    Buffer.from([0xff, 0, 10]),
    Buffer.from('end'),
  ])
  t.match(await daybook(['import', log, '--lines'], input), { code: 0, stdout: /^5 records/, stderr: '' })
  const records = await recordsIn(log)
  t.same(
    records.map(({ data }) => Buffer.from(data).toString('latin1')),
    ['one', '', '{"not": parsed', 'ÿ\0', 'end'],
  )
})

t.test('a bad line ends the import, which says how to go on, and nothing is lost or doubled', async (t) => {
  const { path, log } = await place(t)
  const file = join(path, 'in.ndjson')
  const lines = Array.from({ length: 5000 }, (_, i) => JSON.stringify({ i }))
  const bad = [...lines]
  bad[3210] = '{"i":'
  await writeFile(file, bad.join('\n'))
  const first = await daybook(['import', log, file, '--batch', '100'])
  t.match(first, {
    code: 1,
    stdout: '',
    stderr: 'daybook: line 3211: it is not JSON; all up to line 3210 is imported (go on with --skip 3210)\n',
  })
  t.same(await textsIn(log), lines.slice(0, 3210))
  await writeFile(file, lines.join('\n'))
  t.match(await daybook(['import', log, file, '--skip', '3210']), { code: 0, stdout: /^1,790 records/ })
  t.same(await textsIn(log), lines)
})

t.test('bad lines can be left out, and are counted', async (t) => {
  const { log } = await place(t)
  const long = JSON.stringify({ tag: 'x'.repeat(300) })
  const input = [
    '{"tag":1}',
    'no',
    '\u2028',
    '\u00a0',
    long,
    '{"tag":{}}',
    '{"tag":"\\ud800"}',
    '{"tag":2}',
    '{"tag":""}',
  ].join('\n')
  const bytes = Buffer.concat([Buffer.from(`${input}\n`), Buffer.from([0xc3, 10])])
  const ended = await daybook(['import', log, '-', '--skip-bad', '-t', '=tag'], bytes)
  t.match(ended, { code: 0, stdout: /^2 records .*; 8 bad lines left out\n$/, stderr: '' })
  t.same(
    (await recordsIn(log)).map((record) => record.tags),
    [['1'], ['2']],
  )
})

t.test('a line longer than a record can be is refused without being held', async (t) => {
  const { log } = await place(t)
  const input = Buffer.concat([
    Buffer.from('"short"\n'),
    Buffer.alloc(20 * 1024 * 1024, 'x'),
    Buffer.from('\n"last"\n'),
  ])
  const refused = await daybook(['import', log, '-'], input)
  t.match(refused, {
    code: 1,
    stderr: /^daybook: line 2: it is longer than .*; all up to line 1 is imported/,
  })
  t.match(await daybook(['import', log, '-', '--skip', '1', '--skip-bad'], input), {
    code: 0,
    stdout: /^1 record /,
  })
  t.same(await textsIn(log), ['"short"', '"last"'])
})

t.test('an interruption keeps what was imported, and says what that is', async (t) => {
  const { log } = await place(t)
  const child = start(['import', log, '-', '--batch', '10'], { withInput: true })
  const ended = endOf(child)
  // More than a pipe holds: when it has drained, some of it has been taken.
  child.stdin?.on('error', () => {})
  for (let i = 0; i < 100_000; i++) {
    if (child.stdin?.write(`${JSON.stringify({ i })}\n`) === false) await once(child.stdin, 'drain')
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
  child.kill('SIGINT')
  const { code, stderr } = await ended
  t.equal(code, 130, stderr)
  const [, line] =
    /^daybook: interrupted; all up to line (\d+) is imported \(go on with --skip \1\)\n$/.exec(stderr) ?? []
  t.ok(Number(line) > 0, stderr)
  t.same(
    await textsIn(log),
    Array.from({ length: Number(line) }, (_, i) => JSON.stringify({ i })),
  )
})

t.test('append prints the seqnum of its record', async (t) => {
  const { log } = await place(t)
  t.match(await daybook(['append', log, 'text', '-t', 'a', '--tag', 'b:c']), {
    code: 0,
    stdout: '0\n',
    stderr: '',
  })
  const bytes = Buffer.from([0, 255, 10])
  const second = await daybook(['append', log, '-', '--durability', 'os'], bytes)
  t.equal(second.code, 0, second.stderr)
  t.match(await daybook(['append', log, '', '--book', 'other']), { code: 0 })
  const [one, two] = await recordsIn(log)
  t.same([one?.seqnum, one?.tags], [0, ['a', 'b:c']])
  t.equal(two?.seqnum, Number(second.stdout))
  t.same([...(two?.data ?? [])], [...bytes])
  t.same(await textsIn(log, 'other'), [''])
})

t.test('what the log refuses is said in one line', async (t) => {
  const { log } = await place(t)
  const held = await open(log)
  t.teardown(() => held.close())
  const locked = await daybook(['append', log, 'x'])
  t.match(locked, {
    code: 1,
    stdout: '',
    stderr: /^daybook: ERR_DAYBOOK_LOCKED: [^\n]*\bprocess \d+[^\n]*\n$/,
  })
})
