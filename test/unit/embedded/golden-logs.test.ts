// Logs that were written once are read for ever: every record of every golden log, by book and by tag, and
// the log goes on behind them. scripts/make-fixture.mjs made them.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { type EmbeddedBook, type EmbeddedLog, type LogRecord, open } from '../../../src/index.js'
import { tempDirectory } from '../../support/temp-directory.js'

const folder = fileURLToPath(new URL('../../fixtures/logs', import.meta.url))
const identity = fileURLToPath(new URL('../../../native/log/identity.h', import.meta.url))

interface ExpectedRecord {
  readonly seqnum: number
  readonly timestamp: number
  readonly tags: readonly string[]
  readonly size: number
  readonly sha256: string
}

interface ExpectedBook {
  readonly trimmed: readonly number[]
  readonly records: readonly ExpectedRecord[]
}

interface Expected {
  readonly what: string
  readonly format: number
  readonly books: Readonly<Record<string, ExpectedBook>>
}

function describe({ seqnum, timestamp, tags, data }: LogRecord<unknown>): ExpectedRecord {
  const sha256 = createHash('sha256').update(data).digest('hex')
  return { seqnum, timestamp, tags: [...tags], size: data.byteLength, sha256 }
}

async function collect(book: EmbeddedBook, options: object = {}): Promise<ExpectedRecord[]> {
  const records: ExpectedRecord[] = []
  for await (const record of book.read(options)) records.push(describe(record))
  return records
}

/** Compares everything that a book can be asked. */
async function checkBook(t: Test, name: string, book: EmbeddedBook, { records, trimmed }: ExpectedBook) {
  t.same(await collect(book), records, `${name}, forward`)
  t.same(await collect(book, { reverse: true }), [...records].reverse(), `${name}, backward`)
  t.equal(await book.tail(), records.at(-1)?.seqnum ?? -1, `${name}, its tail`)
  for (const tag of new Set(records.flatMap(({ tags }) => tags))) {
    const tagged = records.filter(({ tags }) => tags.includes(tag))
    t.same(await collect(book, { tag }), tagged, `${name}, by tag ${tag}`)
  }
  for (const seqnum of trimmed) {
    await t.rejects(book.get(seqnum), { code: 'ERR_DAYBOOK_TRIMMED' }, `${name}, trimmed ${seqnum}`)
  }
}

async function checkLog(t: Test, log: EmbeddedLog, books: Expected['books']) {
  t.same(log.status, { state: 'open' })
  for (const [name, expected] of Object.entries(books)) await checkBook(t, name, log.book(name), expected)
}

/** Appends to each book, behind all that is there, and returns what must be read then. */
async function goOn(t: Test, log: EmbeddedLog, books: Expected['books']): Promise<Expected['books']> {
  const seqnums = Object.values(books).flatMap(({ records, trimmed }) => [
    ...records.map(({ seqnum }) => seqnum),
    ...trimmed,
  ])
  let last = Math.max(...seqnums)
  const grown: Record<string, ExpectedBook> = {}
  for (const [name, { records, trimmed }] of Object.entries(books)) {
    const tags = [...(records[0]?.tags ?? []).slice(0, 3), 'appended by the test']
    const seqnum = await log.book(name).append(Buffer.from(`behind ${name}`), { tags })
    t.ok(seqnum > last, `${name}: a seqnum behind all others`)
    last = seqnum
    const record = await log.book(name).get(seqnum)
    grown[name] = { trimmed, records: [...records, ...(record === null ? [] : [describe(record)])] }
  }
  return grown
}

const current = Number(/kFormatVersion = (\d+);/.exec(readFileSync(identity, 'utf8'))?.[1])
const names = readdirSync(folder)

t.test('there are golden logs of the current format, closed and killed ones', async (t) => {
  t.ok(current >= 1)
  for (const what of ['closed', 'killed', 'segments', 'trimmed']) {
    t.ok(names.includes(`v${current}-${what}`), `v${current}-${what}: npm run fixtures`)
  }
})

for (const name of names) {
  t.test(`golden log ${name}: every record is read, and the log goes on`, async (t) => {
    const expected = JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8')) as Expected
    t.equal(name, `v${expected.format}-${expected.what}`)
    t.ok(Object.values(expected.books).some(({ records }) => records.length > 0))
    const directory = await tempDirectory()
    t.teardown(() => directory.remove())
    for (const file of readdirSync(join(folder, name)).filter((each) => each.endsWith('.gz'))) {
      const bytes = gunzipSync(readFileSync(join(folder, name, file)))
      await writeFile(join(directory.path, file.slice(0, -'.gz'.length)), bytes, { mode: 0o600 })
      if (file.startsWith('manifest')) t.equal(bytes.readUInt32LE(12), expected.format, file)
    }

    const log = await open(directory.path)
    await checkLog(t, log, expected.books)
    const grown = await goOn(t, log, expected.books)
    await checkLog(t, log, grown)
    await log.close()
    const again = await open(directory.path)
    await checkLog(t, again, grown)
    await again.close()
  })
}
