// docs/errors.md and docs/options.md say what the tables in the code say.

import t from 'tap'
import { loadNative } from '../../../src/embedded/native.js'
import { errorTable, isDaybookError } from '../../../src/log/errors.js'
import { openMemory } from '../../../src/log/memory-log.js'
import { callOptions, fixedLimits, type OptionEntry, openOptions } from '../../../src/log/options.js'
import type { EmbeddedBook, EmbeddedLog } from '../../../src/log/types.js'
import { read, section, tableRows } from './document.js'

const errors = read('docs/errors.md')
const options = read('docs/options.md')
const KiB = 1024

/** `text` without the backticks around it. */
const bare = (text: string) => text.replaceAll('`', '')

function sizeText(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', KiB ** 3],
    ['MiB', KiB ** 2],
    ['KiB', KiB],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`
  }
  return String(bytes)
}

function valueText(value: OptionEntry['default'], unit: OptionEntry['unit']): string {
  if (value === undefined) return '–'
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'number' && unit === 'bytes' ? sizeText(value) : String(value)
}

/** The cells "default" and "bounds"; no bounds where the table of the code has none. */
function facts({ default: initial, unit, min, max, values }: OptionEntry): [string, string | undefined] {
  const cell = valueText(initial, unit)
  if (values !== undefined) return [cell, values.map((value) => `'${value}'`).join(', ')]
  if (min === undefined || max === undefined) return [cell, undefined]
  return [cell, `${valueText(min, unit)} to ${valueText(max, unit)}`]
}

function rowsByName(heading: string): Map<string, string[]> {
  return new Map(tableRows(section(options, heading)).map(([name = '', ...cells]) => [bare(name), cells]))
}

t.test('errors.md has every code, with its base and whether to retry', async (t) => {
  const rows = tableRows(section(errors, '## The codes'))
  const described = rows.map(([code = '', base = '', retryable = '']) => [
    /`(\w+)`/.exec(code)?.[1],
    bare(base),
    retryable,
  ])
  const expected = Object.entries(errorTable).map(([code, { base, retryable }]) => {
    const bases = code === 'ERR_DAYBOOK_INVALID_ARG' ? 'TypeError or RangeError' : base
    return [code, base === 'Error' ? '' : bases, retryable ? 'yes' : 'no']
  })
  t.same(described, expected)
})

t.test('errors.md says of every code when it comes, what to do, and how the append ended', async (t) => {
  const sections = [...errors.matchAll(/^### (\w+)$/gm)].map((match) => match[1])
  t.same(sections, Object.keys(errorTable), 'in the order of the table')
  for (const code of Object.keys(errorTable)) {
    const text = section(errors, `### ${code}`)
    for (const part of ['When', 'Do', 'Outcome'])
      t.match(text, new RegExp(`^- \\*\\*${part}\\.\\*\\* \\S`, 'm'), code)
  }
})

t.test('options.md has every option of open, with its default and bounds', async (t) => {
  const rows = rowsByName('## Options of `open`')
  t.same([...rows.keys()].sort(), Object.keys(openOptions).sort())
  for (const [name, entry] of Object.entries<OptionEntry>(openOptions)) {
    const [initial = '', bounds = '', meaning = ''] = rows.get(name) ?? []
    const [expected, range] = facts(entry)
    t.equal(bare(initial), expected, name)
    if (range === undefined) t.not(bounds, '', name)
    else t.equal(bare(bounds), range, name)
    t.not(meaning, '', name)
    t.match(options, new RegExp(`^\\*\\*\`${name}\`\\*\\* `, 'm'), `${name}: what it costs`)
  }
})

t.test('options.md says what the native core says', async (t) => {
  const rows = rowsByName('## Options of `open`')
  for (const [name, initial, min, max] of loadNative().logOptions()) {
    const cells = [sizeText(initial), `${sizeText(min)} to ${sizeText(max)}`]
    t.same(rows.get(name)?.slice(0, 2), cells, name)
  }
})

t.test('options.md has every option of a call, with its default and bounds', async (t) => {
  const rows = rowsByName('## Options of calls')
  t.same([...rows.keys()].sort(), Object.keys(callOptions).sort())
  for (const [name, entry] of Object.entries<OptionEntry>(callOptions)) {
    const [initial = '', bounds = '', , meaning = ''] = rows.get(name) ?? []
    const [expected, range] = facts(entry)
    t.equal(bare(initial), expected, name)
    if (range === undefined) t.not(bounds, '', name)
    else t.equal(bare(bounds), range, name)
    t.not(meaning, '', name)
  }
})

t.test('options.md says which call takes which option', async (t) => {
  const log = await openMemory()
  const book = log.book('b')
  const rows = rowsByName('## Options of calls')
  for (const [call, make] of Object.entries(calls)) {
    const taken: string[] = []
    for (const name of rows.keys())
      if (await takes(() => make({ log, book }, { [name]: undefined }))) taken.push(name)
    const described = [...rows].filter(([, cells]) => cells[2]?.includes(`\`${call}\``)).map(([name]) => name)
    t.same(taken, described, call)
  }
  await log.close()
})

interface Subject {
  readonly log: EmbeddedLog
  readonly book: EmbeddedBook
}

/** Each call that takes options, given just these. */
const calls: Record<string, (subject: Subject, given: object) => unknown> = {
  append: ({ book }, given) => book.append(Buffer.from('x'), given),
  appendMany: ({ book }, given) => book.appendMany([], given),
  readNext: ({ book }, given) => book.readNext(given),
  readPrev: ({ book }, given) => book.readPrev(given),
  get: ({ book }, given) => book.get(0, given),
  tail: ({ book }, given) => book.tail(given),
  read: ({ book }, given) => book.read(given),
  readable: ({ book }, given) => book.read().readable(given),
  readableStream: ({ book }, given) => book.read().readableStream(given),
  writable: ({ book }, given) => book.writable(given),
  writableStream: ({ book }, given) => book.writableStream(given),
  trim: ({ book }, given) => book.trim({ before: 0, ...given, ...('before' in given ? { before: 0 } : {}) }),
  readNextSync: ({ book }, given) => book.readNextSync(given),
  readPrevSync: ({ book }, given) => book.readPrevSync(given),
  tailSync: ({ book }, given) => book.tailSync(given),
  books: ({ log }, given) => log.books(given),
  retain: ({ book }, given) => book.retain({ maxRecords: 5, ...given, maxBytes: 5 }),
  // A handle of its own: it is closed by the question.
  close: async (_, given) => (await openMemory()).close(given),
  book: ({ log }, given) => log.book('b', given as never),
}

/** False if the call refuses its options. */
async function takes(call: () => unknown): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (isDaybookError(error) && error.code === 'ERR_DAYBOOK_INVALID_ARG') return false
    throw error
  }
}

t.test('options.md has every fixed limit', async (t) => {
  const rows = rowsByName('## Fixed limits')
  const described = Object.fromEntries([...rows].map(([name, [value]]) => [name, value]))
  const expected = Object.entries(fixedLimits).map(([name, { value, unit }]) => [
    name,
    `${value.toLocaleString('en')}${unit === 'seqnum' ? '' : ` ${unit}`}`,
  ])
  t.same(described, Object.fromEntries(expected))
})

t.test('the numbers inside the engine stand in its sources', async (t) => {
  const rows = tableRows(section(options, '## Numbers inside the engine'))
  t.ok(rows.length > 0)
  for (const [number = '', , source = ''] of rows) {
    const [, path = '', snippet = ''] = /^`([^`]+)`: `([^`]+)`$/.exec(source) ?? []
    t.ok(path !== '' && read(path).includes(snippet), `${number}: ${source}`)
  }
})
