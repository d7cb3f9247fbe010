import t from 'tap'
import { median, percentile } from '../../../src/cli/demo/percentiles.js'
import {
  bar,
  clip,
  clipStart,
  count,
  counted,
  duration,
  padEnd,
  padStart,
  printable,
  rate,
  size,
  width,
  wrap,
} from '../../../src/cli/text.js'

t.test('foreign text cannot drive the terminal', async (t) => {
  t.equal(printable('\x1b[31mred\r\n\x07\x9b'), '\\x1b[31mred\\x0d\\x0a\\x07\\x9b')
  t.equal(printable('gpj.\u202eexe'), 'gpj.\\u{202e}exe')
  t.equal(printable('naïve 日本 😀'), 'naïve 日本 😀')
})

t.test('what is cut fits, and says that it is cut', async (t) => {
  t.equal(clip('abcdef', 6), 'abcdef')
  t.equal(clip('abcdef', 5), 'abcd…')
  t.equal(clipStart('abcdef', 5), '…cdef')
  t.equal(clip('日本語', 5), '日本…')
  t.equal(clip('日本語', 4), '日…')
  t.equal(width('日本e\u0301'), 5)
  for (let columns = 1; columns < 12; columns += 1) {
    for (const text of ['日本語日本語', 'a\x1bbcdefghijklm', '😀😀😀😀😀😀']) {
      t.ok(width(clip(text, columns)) <= columns)
      t.ok(width(clipStart(text, columns)) <= columns)
    }
  }
  t.equal(padEnd('日', 4), '日  ')
  t.equal(padStart('7', 3), '  7')
})

t.test('lines break between words', async (t) => {
  t.strictSame(wrap('one two three', 7), ['one two', 'three'])
  t.strictSame(wrap('a /a/long/path b', 5), ['a', '/a/long/path', 'b'])
  t.strictSame(wrap('', 5), [''])
})

t.test('numbers read as people write them', async (t) => {
  t.equal(count(1234567), '1,234,567')
  t.equal(counted(1, ['file', 'files']), '1 file')
  t.equal(counted(0, ['file', 'files']), '0 files')
  t.equal(rate(312_345), '312,000')
  t.equal(rate(0), '0')
  t.equal(duration(0.0421), '42 µs')
  t.equal(duration(0.42), '0.42 ms')
  t.equal(duration(4.21), '4.2 ms')
  t.equal(duration(42.1), '42 ms')
  t.equal(duration(999.6), '1.00 s')
  t.equal(duration(4210), '4.21 s')
  t.equal(size(999), '999 bytes')
  t.equal(size(12_345), '12.3 kB')
  t.equal(size(999_999), '1 MB')
})

t.test('a bar shows whatever is not zero', async (t) => {
  t.equal(bar(0, 10), '')
  t.equal(bar(0.001, 10), '█')
  t.equal(bar(1, 10), '█'.repeat(10))
})

t.test('percentiles are values that were measured', async (t) => {
  const values = [5, 1, 4, 2, 3]
  t.equal(median(values), 3)
  t.equal(percentile(values, 0.99), 5)
  t.equal(percentile(values, 0), 1)
  t.strictSame(values, [5, 1, 4, 2, 3], 'the values stay as they are')
  t.ok(Number.isNaN(median([])))
})
