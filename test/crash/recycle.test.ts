// Files of trimmed segments are used again, but not those that a copy of the directory shares.

import { link, mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { open } from '../../src/embedded/index.js'
import { tempDirectory } from '../support/temp-directory.js'

const isSegment = (name: string) => name.startsWith('segment-')
const segmentsIn = async (path: string) => (await readdir(path)).filter(isSegment)

/** The inode, or none: a file may leave between being listed and being looked at. */
const inodeOf = async (path: string) => (await stat(path).catch(() => undefined))?.ino

/**
 * Fills a log and trims it, over and over, until one of the first segments' inodes holds a newer segment, or
 * so many rounds are over. Tells how many it took.
 */
async function roundsUntilUsedAgain(path: string, roundsMax: number, copy?: string): Promise<number> {
  const log = await open(path, { segmentBytes: 1 << 20, checkpointBytes: 1 << 20 })
  const book = log.book('b')
  const fill = async () => {
    for (let i = 0; i < 60; i++) await book.append(Buffer.alloc(60_000, i))
  }
  await fill()
  await setTimeout(100)
  const before = new Map<number, string>()
  for (const name of await segmentsIn(path)) {
    before.set((await stat(join(path, name))).ino, name)
    if (copy !== undefined) await link(join(path, name), join(copy, name))
  }
  let round = 0
  let isUsedAgain = false
  while (!isUsedAgain && round < roundsMax) {
    round++
    await book.trim({ before: Number.POSITIVE_INFINITY })
    await fill()
    await setTimeout(50)
    for (const name of await segmentsIn(path)) {
      const old = before.get((await inodeOf(join(path, name))) ?? -1)
      isUsedAgain ||= old !== undefined && old !== name
    }
  }
  await log.close()
  return round
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
  const most = 60
  const rounds = await roundsUntilUsedAgain(alone, most)
  t.ok(rounds < most, 'else the rest of this shows nothing')
  t.equal(await roundsUntilUsedAgain(shared, rounds + 5, copy), rounds + 5)
  t.ok((await segmentsIn(copy)).length > 2)
  for (const name of await segmentsIn(copy)) {
    const number = Number.parseInt(name.slice('segment-'.length), 16)
    t.equal((await readFile(join(copy, name))).readBigUInt64LE(56), BigInt(number), name)
  }
})
