// `daybook verify`: what is damaged is found and explained, what is not is not touched.

import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { open } from '../../src/embedded/index.js'
import { daybook } from '../support/command-line.js'
import { tempDirectory } from '../support/temp-directory.js'

t.jobs = 2

/** A log of several segments, and how many records it holds. */
async function makeLog(t: Test): Promise<{ directory: string; records: number; segments: string[] }> {
  const { path, remove } = await tempDirectory('daybook-verify-test-')
  t.teardown(remove)
  const directory = join(path, 'log')
  const log = await open(directory, { segmentBytes: 1024 * 1024 })
  const book = log.book('book')
  const records = 60
  for (let i = 0; i < records; i += 10) {
    await book.appendMany(
      Array.from({ length: 10 }, () => ({ data: Buffer.alloc(50_000, 'x'), tags: ['a'] })),
    )
  }
  await log.close()
  const segments = (await readdir(directory)).filter((name) => name.startsWith('segment-'))
  return { directory, records, segments }
}

async function digestOf(directory: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(directory)).sort()) {
    if (name !== 'lock') hash.update(name).update(await readFile(join(directory, name)))
  }
  return hash.digest('hex')
}

t.test('a sound log is sound, and stays as it is', async (t) => {
  const { directory, records, segments } = await makeLog(t)
  t.ok(segments.length >= 3)
  const before = await digestOf(directory)
  const { code, stdout, stderr } = await daybook(['verify', directory])
  t.equal(code, 0, stderr)
  t.equal(stderr, '')
  t.match(stdout, new RegExp(`^${segments.length} segments, .*: ${records} records in \\d+ batches\n`))
  t.match(stdout, /\nsound: every checksum holds\n$/)
  const verdict = JSON.parse((await daybook(['verify', directory, '--json'])).stdout)
  t.match(verdict, { sound: true, closedProperly: true, records, nextSeqnum: records, damage: [], notes: [] })
  t.equal(await digestOf(directory), before, 'nothing was written')
})

t.test('damage is named with file, offset and seqnums, and gives an exit code of its own', async (t) => {
  const { directory, segments } = await makeLog(t)
  const [, second = ''] = segments
  const file = join(directory, second)
  const bytes = await readFile(file)
  bytes[12_288 + 5000]! ^= 1
  await writeFile(file, bytes)
  const before = await digestOf(directory)
  const { code, stdout } = await daybook(['verify', directory])
  t.equal(code, 3)
  const place = `damage: ${second}, offset 12288: the checksums`
  t.match(stdout, new RegExp(`\n${place} .*; at most seqnums \\d+ to \\d+ are lost\n`))
  t.match(stdout, /\ndamaged: 1 place\n$/)
  const json = await daybook(['verify', directory, '--json'])
  t.equal(json.code, 3)
  const verdict = JSON.parse(json.stdout)
  t.match(verdict, { sound: false, damage: [{ file: second, offset: 12_288 }] })
  const [{ seqnums }] = verdict.damage
  t.equal(seqnums.last - seqnums.first, 9, 'the records of one batch')
  t.equal(await digestOf(directory), before, 'nothing was written')
})

t.test('a file that is gone, and manifests that cannot be read', async (t) => {
  const { directory, segments } = await makeLog(t)
  await rm(join(directory, segments[1] as string))
  const gone = await daybook(['verify', directory])
  t.equal(gone.code, 3)
  t.match(gone.stdout, new RegExp(`\ndamage: ${segments[1]}, offset 0: the file is missing; at most seqnums`))
  await writeFile(join(directory, 'manifest-0'), 'nonsense')
  const mendable = await daybook(['verify', directory])
  t.match(
    mendable.stdout,
    /\ndamage: manifest-0, offset 0: .*; no record is lost, and it will be made again\n/,
  )
  await writeFile(join(directory, 'manifest-1'), '')
  const { code, stdout, stderr } = await daybook(['verify', directory])
  t.equal(code, 3)
  t.equal(stdout, '')
  t.match(stderr, /^daybook: ERR_DAYBOOK_CORRUPT: [^\n]+manifest-[^\n]+\n$/)
})

t.test('what cannot be verified is a failure, and no damage', async (t) => {
  const { directory } = await makeLog(t)
  const log = await open(directory)
  const locked = await daybook(['verify', directory])
  t.match(locked, {
    code: 1,
    stdout: '',
    stderr: /^daybook: ERR_DAYBOOK_LOCKED: [^\n]+ process \d+[^\n]*\n$/,
  })
  await log.close()
  t.equal((await daybook(['verify', directory])).code, 0)
  const again = await open(directory)
  t.type(await again.book('book').append(Buffer.from('x')), 'number', 'the lock was given up')
  await again.close()
  t.match(await daybook(['verify', join(directory, '..')]), {
    code: 1,
    stderr: /^daybook: there is no log in /,
  })
  t.ok((await stat(directory)).isDirectory())
})
