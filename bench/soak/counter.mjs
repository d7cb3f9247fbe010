// 64 writers count together, each 100 times, by conditional appends on one tag: how long it takes, and
// whether the count is right.
//
//   node bench/soak/counter.mjs [directory]

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDaybookError, open } from '../../dist/esm/index.js'

const writers = 64
const times = 100
const secondsMax = 60

const given = process.argv[2]
const directory = given ?? (await mkdtemp(join(tmpdir(), 'daybook-counter-')))
const log = await open(directory)
const book = log.book('counter')
const tag = 'count'
let attempts = 0

async function increment() {
  while (true) {
    const last = await book.readPrev({ tag })
    const value = (last === null ? 0 : Number(Buffer.from(last.data).toString())) + 1
    attempts++
    try {
      await book.append(Buffer.from(String(value)), {
        tags: [tag],
        expect: { tag, after: last?.seqnum ?? -1 },
      })
      return
    } catch (error) {
      if (!isDaybookError(error) || error.code !== 'ERR_DAYBOOK_CONFLICT') throw error
    }
  }
}

const start = performance.now()
await Promise.all(
  Array.from({ length: writers }, async () => {
    for (let i = 0; i < times; i++) await increment()
  }),
)
const seconds = (performance.now() - start) / 1000
const last = await book.readPrev({ tag })
const count = Number(Buffer.from(last?.data ?? []).toString())
await log.close()
if (given === undefined) await rm(directory, { recursive: true })
console.log(`${writers} writers counted to ${count} in ${seconds.toFixed(1)} s, with ${attempts} appends`)
if (count !== writers * times || seconds > secondsMax) {
  console.error(`expected ${writers * times} within ${secondsMax} s`)
  process.exitCode = 1
}
