// Files of trimmed segments are used again, but not those that a copy of the directory shares.

import { link, mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { open } from '../../src/embedded/index.js'
import { tempDirectory } from '../support/temp-directory.js'

const segmentsIn = async (path: string) => (await readdir(path)).filter((name) => name.startsWith('segment-'))
const inodesIn = async (path: string) =>
  Promise.all((await segmentsIn(path)).map(async (name) => (await stat(join(path, name))).ino))

/** Fills a log and trims it, over and over; tells which of the first segments' inodes hold newer segments. */
async function inodesUsedAgain(path: string, copy?: string): Promise<number[]> {
  const log = await open(path, { segmentBytes: 1 << 20, checkpointBytes: 1 << 20 })
  const book = log.book('b')
  const fill = async () => {
    for (let i = 0; i < 60; i++) await book.append(Buffer.alloc(60_000, i))
  }
  await fill()
  await setTimeout(100)
  const before = new Map((await segmentsIn(path)).map((name) => [name, 0]))
  for (const name of before.keys()) {
    before.set(name, (await stat(join(path, name))).ino)
    if (copy !== undefined) await link(join(path, name), join(copy, name))
  }
  const again = new Set<number>()
  for (let round = 0; round < 12; round++) {
    await book.trim({ before: Number.POSITIVE_INFINITY })
    await fill()
    await setTimeout(50)
    for (const name of await segmentsIn(path)) {
      const { ino } = await stat(join(path, name))
      for (const [old, inode] of before) if (old !== name && inode === ino) again.add(ino)
    }
  }
  await log.close()
  return [...again]
}

t.test('a segment that was trimmed is used again, unless a copy shares its file', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const [alone, shared, copy] = ['alone', 'shared', 'copy'].map((name) => join(directory.path, name)) as [
    string,
    string,
    string,
  ]
  await mkdir(copy)
  t.not((await inodesUsedAgain(alone)).length, 0, 'else the rest of this shows nothing')
  t.same(await inodesUsedAgain(shared, copy), [])
  t.ok((await inodesIn(copy)).length > 2)
  for (const name of await segmentsIn(copy)) {
    const number = Number.parseInt(name.slice('segment-'.length), 16)
    t.equal((await readFile(join(copy, name))).readBigUInt64LE(56), BigInt(number), name)
  }
})
