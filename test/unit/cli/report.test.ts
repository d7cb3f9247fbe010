import t from 'tap'
import { type Output, Report } from '../../../src/cli/demo/report.js'
import { width } from '../../../src/cli/text.js'

function written(run: (report: Report) => void, terminal: Omit<Output, 'write'> = {}): string {
  let text = ''
  run(
    new Report({
      ...terminal,
      write(more: string) {
        text += more
      },
    }),
  )
  return text
}

const everything = (report: Report): void => {
  report.title('title')
  report.section('a heading that is so long that it would not fit into one line of any usual terminal at all')
  report.note('a note with so many words that they take more than one line, whatever the terminal is like')
  report.paragraph('a paragraph with so many words that they take more than one line of whatever terminal')
  report.code('book.read()')
  report.check(true, 'holds')
  report.table(
    [{ align: 'right' }, { max: 4 }, {}],
    [
      ['1', 'abcdefgh', '日'.repeat(60)],
      ['1,000', 'b', 'c\x1b[0m'],
    ],
  )
}

t.test('a pipe gets plain text, and so does a terminal that has no colours', async (t) => {
  t.notOk(written(everything).includes('\x1b'))
  t.notOk(written(everything, { hasColors: () => false }).includes('\x1b'))
})

t.test('no line is wider than the terminal, nor than 80 columns', async (t) => {
  for (const columns of [50, 60, 80, 200, undefined]) {
    const lines = written(everything, { columns }).split('\n')
    for (const line of lines) t.ok(width(line) <= Math.min(columns ?? 80, 80), line)
  }
})

t.test('numbers are aligned, long cells cut and foreign escapes shown', async (t) => {
  const table = written((report) =>
    report.table(
      [{ align: 'right' }, { max: 4 }, {}],
      [
        ['1', 'abcdefgh', 'x'],
        ['1,000', 'b', '\x1b[0m'],
      ],
    ),
  )
  t.equal(table, '      1  abc…  x\n  1,000  b     \\x1b[0m\n')
  t.equal(
    written((report) => report.table([{}, {}], [])),
    '',
  )
})

t.test('a check that does not hold is loud and counted', async (t) => {
  const text = written((report) => {
    report.check(true, 'one')
    report.check(false, 'two')
    t.equal(report.held, 1)
    t.equal(report.failed, 1)
  })
  t.equal(text, '  ✓ one\n  ✗ FAILED: two\n')
})
