// The parts of an import: lines out of chunks, tags out of values, groups in flight.

import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { GroupWindow } from '../../../src/cli/import/group-window.js'
import { LineSplitter } from '../../../src/cli/import/line-splitter.js'
import { parseTagRule, tagsOf } from '../../../src/cli/import/tag-rule.js'
import { errorFromCode } from '../../../src/log/errors.js'
import { openMemory } from '../../../src/log/memory-log.js'
import type { Book } from '../../../src/log/types.js'
import { replay, replayHint } from '../../support/seed.js'

function linesOf(chunks: readonly Buffer[], bytesMax: number): (string | null)[] {
  const splitter = new LineSplitter(bytesMax)
  const lines = [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()]
  t.same(
    lines.map(({ number }) => number),
    lines.map((_, i) => i + 1),
  )
  return lines.map(({ bytes }) => bytes?.toString('latin1') ?? null)
}

t.test('lines are the same however their bytes are cut into chunks', async (t) => {
  const text = fc.array(fc.constantFrom('a', 'b', '\n', '\r', '\r\n', 'xxxx'), { maxLength: 60 })
  const property = fc.property(text, fc.array(fc.nat(20), { maxLength: 20 }), (parts, cuts) => {
    const whole = Buffer.from(parts.join(''), 'latin1')
    const chunks: Buffer[] = []
    let rest = whole
    for (const cut of cuts) {
      chunks.push(rest.subarray(0, cut))
      rest = rest.subarray(cut)
    }
    chunks.push(rest)
    const expected = parts.join('').split('\n')
    if (expected.at(-1) === '') expected.pop()
    const cutOff = expected
      .map((line) => line.replace(/\r$/, ''))
      .map((line) => (line.length > 10 ? null : line))
    return JSON.stringify(linesOf(chunks, 10)) === JSON.stringify(cutOff)
  })
  const result = fc.check(property, { numRuns: 500, ...replay() })
  t.notOk(result.failed, `${replayHint(result)}: ${fc.stringify(result.counterexample)}`)
})

t.test('a line that is too long is not held', async (t) => {
  const splitter = new LineSplitter(1000)
  const chunk = Buffer.alloc(1000, 'x')
  const before = process.memoryUsage().arrayBuffers
  let lines = 0
  for (let i = 0; i < 100_000; i++) for (const _ of splitter.push(Buffer.from(chunk))) lines++
  t.equal(lines, 0)
  t.ok(process.memoryUsage().arrayBuffers - before < 50_000_000, 'of 100 MB')
  t.same([...splitter.push(Buffer.from('\nshort'))], [{ number: 1, bytes: null }])
  t.same(
    [...splitter.end()].map(({ bytes }) => String(bytes)),
    ['short'],
  )
})

t.test('tags of fields', async (t) => {
  const value = { a: { b: [1, 'x', null, [true]], 'c.d': 0 }, e: null, 'f=g': 'h', __proto__: { z: 1 } }
  const tagsOfValue = (value: unknown, ...rules: string[]) =>
    tagsOf(JSON.stringify(value), value, rules.map(parseTagRule))
  const tags = (...rules: string[]) => tagsOfValue(value, ...rules)
  t.same(tags('a.b'), ['a.b:1', 'a.b:x', 'a.b:true'])
  t.same(tags('n=a.b', '=a.c\\.d', 'e', 'missing.x', 'a.b.length'), ['n:1', 'n:x', 'n:true', '0'])
  t.same(tagsOfValue({ items: [{ id: 1 }, { id: [2, 3] }, 4] }, 'items.id'), [
    'items.id:1',
    'items.id:2',
    'items.id:3',
  ])
  t.same(tags('x=f=g'), ['x:h'])
  t.same(tags('=e', '=a.b', 'z', 'toString'), ['1', 'x', 'true'], 'what an object inherits is no field')
  t.throws(() => tags('a'), { name: 'LineError', message: /field a is an object/ })
  t.throws(() => tagsOfValue({ x: 'y'.repeat(300) }, 'x'), { name: 'LineError' })
  t.throws(() => tagsOfValue({ x: Array.from({ length: 300 }, (_, i) => i) }, 'x'), {
    name: 'LineError',
  })
  t.same(tagsOfValue('no object', 'length'), [])
  for (const rule of ['', '=', 'x=', '.']) t.throws(() => parseTagRule(rule), rule)
})

t.test('a number makes a tag of the digits that it is written with', async (t) => {
  const tags = (text: string) => tagsOf(text, JSON.parse(text), [parseTagRule('=id')])
  const numbers = [
    ...['12345678901234567890', '12345678901234567891', '9007199254740993', '-9007199254740993', '1e400'],
    ...['0.1000000000000000055', '1.10', '1.0', '5.00', '1e2', '1E+2', '2.5e1', '-0', '0', '7', '-7', '1.5'],
  ]
  for (const number of numbers) {
    t.same(tags(`{"id":${number}}`), [number])
    t.same(tags(`{"other":1.5, "id":\t[ ${number},"x"],"more":{"deep":[[true,null]]}}`), [number, 'x'])
    t.same(tags(`[{"id":1},{"id":${number}}]`), [...new Set(['1', number])])
  }
  t.same(tags('{"id":1e400,"\\u0069d":1e401,"__proto__":{"id":3}}'), ['1e401'], 'as JSON.parse takes doubles')
  const deep = `{"id":1e400,"x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`
  t.throws(() => tags(deep), { name: 'LineError' })
})

/** A book whose groups end as they are told. */
function scripted(outcomes: readonly (true | 'notWritten' | 'unknown')[]): Book {
  let group = 0
  return {
    appendMany: async (items: readonly unknown[]) => {
      const outcome = outcomes[group++] ?? true
      if (outcome !== true) throw errorFromCode('ERR_DAYBOOK_DISK_FULL', 'no room', { outcome })
      return items.map((_, i) => group * 100 + i)
    },
  } as unknown as Book
}

async function windowAfter(outcomes: readonly (true | 'notWritten' | 'unknown')[]): Promise<GroupWindow> {
  const log = await openMemory()
  t.teardown(() => log.close())
  const window = new GroupWindow(log, scripted(outcomes), { groupSize: 2, durability: 'disk' })
  const flushes: Promise<void>[] = []
  for (let line = 1; line <= 10; line++) {
    // Line 5 and line 10 stand for nothing.
    if (line % 5 === 0) window.pass(line)
    else if (window.add({ data: Buffer.from('x') }, line)) flushes.push(window.flush())
  }
  await Promise.all(flushes)
  await window.flush()
  await window.settle()
  return window
}

t.test('what is known of the lines when groups fail', async (t) => {
  const { durableLine, records, firstSeqnum, lastSeqnum, failure } = await windowAfter([])
  t.same([durableLine, records, firstSeqnum, lastSeqnum, failure], [10, 8, 100, 401, undefined])
  const failed = await windowAfter([true, 'notWritten', true, 'unknown'])
  t.equal(failed.durableLine, 2, 'all up to the first failure')
  t.same(failed.strays, [{ first: 6, last: 7 }], 'and what came through behind it')
  t.same(failed.unknown, { first: 8, last: 9 }, 'and what may have')
  t.match(failed.failure, { error: { code: 'ERR_DAYBOOK_DISK_FULL' } })
  t.equal((await windowAfter(['unknown'])).durableLine, 0)
})
