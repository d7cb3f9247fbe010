import t from 'tap'
import { checkLoad, type LoadFindings } from '../../../src/cli/demo/load-check.js'
import { isLoadRecord, loadNumber, loadRecord, loadRecordBytes } from '../../../src/cli/demo/load-record.js'
import { openMemory } from '../../../src/log/memory-log.js'

interface Stored {
  readonly data: Uint8Array
  readonly tags: readonly string[]
}

const load = (numbers: number): Stored[] => Array.from({ length: numbers }, (_, number) => loadRecord(number))

/** What the check finds in a log with these records, of which `acknowledged` are said to be so. */
async function findings(
  records: readonly Stored[],
  acknowledged: number,
  told = (seqnums: number[]): number[] => seqnums,
): Promise<LoadFindings> {
  const log = await openMemory()
  const book = log.book('load')
  const seqnums = await book.appendMany(records.map(({ data, tags }) => ({ data, tags })))
  while (seqnums.length < acknowledged) seqnums.push((seqnums.at(-1) ?? -1) + 1)
  const found = await checkLoad(book, told(seqnums.slice(0, acknowledged)))
  await log.close()
  return found
}

t.test('all that was acknowledged, and some that were in flight', async (t) => {
  t.strictSame(await findings(load(100), 90), {
    found: 100,
    inPlace: 90,
    beyond: 10,
    wrong: 0,
    foundByTag: 100,
  })
  t.strictSame(await findings([], 0), { found: 0, inPlace: 0, beyond: 0, wrong: 0, foundByTag: 0 })
})

t.test('a record that is missing is missed, at the end and in the middle', async (t) => {
  t.match(await findings(load(99), 100), { found: 99, inPlace: 99 })
  const hole = await findings(load(100).toSpliced(50, 1), 100)
  t.equal(hole.inPlace, 50, 'what stands behind it has another seqnum')
  t.equal(hole.wrong, 49)
})

t.test('a byte, a tag, the order: whatever is not as appended is wrong', async (t) => {
  const [one, two] = [loadRecord(7), loadRecord(8)]
  const damaged = Buffer.from(one.data)
  damaged[loadRecordBytes - 1]! ^= 1
  t.match(await findings(load(10).with(7, { ...one, data: damaged }), 10), { inPlace: 9, wrong: 1 })
  t.match(await findings(load(10).with(7, { ...one, tags: one.tags.slice(0, 1) }), 10), {
    inPlace: 9,
    wrong: 1,
  })
  t.match(await findings(load(10).with(7, { ...one, tags: two.tags }), 10), { inPlace: 9, wrong: 1 })
  t.match(await findings(load(10).with(7, { data: new Uint8Array(3), tags: [] }), 10), { wrong: 1 })
  const swapped = await findings(load(10).with(7, two).with(8, one), 0)
  t.ok(swapped.wrong > 0, 'also where nothing was acknowledged')
  t.match(await findings([...load(10), one], 10), { inPlace: 10, wrong: 1 }, 'a record that is there twice')
  t.match(await findings(load(10), 10, (seqnums) => seqnums.with(3, 99)), { inPlace: 9, wrong: 1 })
})

t.test('the number of a record decides all of it', async (t) => {
  const seen = new Set<string>()
  for (const number of [0, 1, 2, 99, 100, 2 ** 31, 2 ** 32, 2 ** 40]) {
    const record = loadRecord(number)
    t.equal(record.data.byteLength, loadRecordBytes)
    t.equal(loadNumber(record.data), number)
    t.ok(isLoadRecord(loadRecord(number), number))
    t.notOk(isLoadRecord(record, number + 1))
    seen.add(Buffer.from(record.data).toString('hex'))
  }
  t.equal(seen.size, 8)
  t.notOk(isLoadRecord(loadRecord(0), Number.NaN))
})
