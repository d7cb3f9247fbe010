import t from 'tap'
import { importItems } from '../../../src/cli/demo/importer.js'
import { type Input, InputError, type Item } from '../../../src/cli/demo/input.js'
import { TagTally } from '../../../src/cli/demo/tag-tally.js'
import { json } from '../../../src/log/codec.js'
import { isDaybookError } from '../../../src/log/errors.js'
import { openMemory } from '../../../src/log/memory-log.js'
import { MemoryStore } from '../../../src/log/memory-store.js'

const never = new AbortController().signal

function item(number: number, value: unknown = { number }): Item {
  const tags = [`id:${number}`, `colour:${number % 3 === 0 ? 'red' : 'blue'}`, 'month:2024-01']
  return { id: tags[0]!, tags, value, shortened: 0, leftOut: number === 5 ? 7 : 0 }
}

function input(items: () => AsyncIterable<Item>): Input {
  return {
    description: 'test',
    notes: [],
    noun: ['thing', 'things'],
    book: 'things',
    total: 0,
    views: [{ heading: 'Colour', prefix: 'colour:' }],
    items,
    row: () => ({ date: '', by: '', text: '' }),
  }
}

async function* numbered(from: number, to: number): AsyncGenerator<Item> {
  for (let number = from; number < to; number += 1) yield item(number)
}

t.test('every item becomes one record, in order, and none a second one', async (t) => {
  const store = new MemoryStore()
  for (const [from, to, appended, known] of [
    [0, 3000, 3000, 0],
    [2000, 4000, 1000, 1000],
  ] as const) {
    const log = await openMemory({ store })
    const book = log.book('things', { codec: json<unknown>() })
    let progress = 0
    const things = input(() => numbered(from, to))
    const result = await importItems(
      log,
      book,
      things,
      (items) => {
        progress = items
      },
      never,
    )
    t.match(result, { appended, known, problem: undefined, tags: appended * 3 })
    t.match(result, from === 0 ? { crowded: 1, leftOut: 7 } : { crowded: 0, leftOut: 0 })
    t.equal(progress, to - from)
    t.equal(result.tallies.get('colour:')?.top(), 'colour:blue')
    t.strictSame(result.tallies.get('month:')?.sorted(), ['month:2024-01'])
    const values: unknown[] = []
    for await (const record of book.read()) values.push(record.value)
    t.strictSame(
      values,
      Array.from({ length: to }, (_, number) => ({ number })),
    )
    await log.close()
  }
})

t.test('no more is taken from the source than the log has room for', async (t) => {
  const log = await openMemory({ maxPendingBytes: 65_536 })
  const book = log.book('things', { codec: json<unknown>() })
  const large = 'x'.repeat(50_000)
  const result = await importItems(
    log,
    book,
    input(async function* () {
      for (let number = 0; number < 50; number += 1) yield item(number, large)
    }),
    () => {},
    never,
  )
  t.equal(result.appended, 50, 'and nothing is refused as overloaded')
  await log.close()
})

t.test('a source that fails leaves what came before, and says why', async (t) => {
  const log = await openMemory()
  const book = log.book('things', { codec: json<unknown>() })
  const result = await importItems(
    log,
    book,
    input(async function* () {
      yield* numbered(0, 10)
      throw new InputError('the disk is gone')
    }),
    () => {},
    never,
  )
  t.match(result, { appended: 10, problem: 'the disk is gone' })
  t.equal(book.tailSync(), 9)
  await log.close()
})

t.test('an append that fails ends the import with its error', async (t) => {
  const log = await openMemory({ maxRecordBytes: 1024 })
  const book = log.book('things', { codec: json<unknown>() })
  const failing = importItems(
    log,
    book,
    input(async function* () {
      yield item(0)
      yield item(1, 'x'.repeat(2000))
      yield* numbered(2, 5000)
    }),
    () => {},
    never,
  )
  const error = await failing.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.ok(isDaybookError(error) && error.code === 'ERR_DAYBOOK_TOO_LARGE')
  await log.close()
})

t.test('a tally of too many tags keeps the common ones', async (t) => {
  const tally = new TagTally()
  for (let number = 0; number < 200_000; number += 1) {
    tally.add(`rare:${number}`)
    if (number % 10 === 0) tally.add('common')
    if (number % 20 === 0) tally.add('less common')
  }
  t.equal(tally.top(), 'common')
  t.ok(tally.sorted().length <= 50_000)
  t.ok(tally.sorted().includes('less common'))
  t.equal(new TagTally().top(), undefined)
})
