// A follower beside a process that writes, trims, rolls, is killed and comes back: what it shows is a
// stretch of what was written, in order, without a hole, and never goes back.

import t, { type Test } from 'tap'
import { open } from '../../src/embedded/index.js'
import type { EmbeddedLog } from '../../src/log/types.js'
import { tempDirectory } from '../support/temp-directory.js'
import { startChild } from './child.js'

t.setTimeout(300_000)

// Numbers its records on from what is there, and says each number when it is acknowledged. Small segments and
// checkpoints, so that files come and go.
const writer = `
const mebibyte = 1 << 20
const sizes = { segmentBytes: mebibyte, checkpointBytes: mebibyte, memoryBytes: mebibyte }
const log = await open(directory, { ...sizes, lanes: Number(args[1]) })
const book = log.book('b')
const rest = Buffer.alloc(4000, 46)
const last = await book.readPrev()
let next = last === null ? 0 : Number(last.data.toString('latin1').split(' ')[0]) + 1
say('ready')
const end = args[0] === '' ? Infinity : next + Number(args[0])
for (; next < end; next += 8) {
  const group = Array.from({ length: 8 }, (_, i) => ({
    data: Buffer.concat([Buffer.from(next + i + ' '), rest]),
    tags: ['all', 'n:' + ((next + i) % 4)],
  }))
  const durability = next % 64 === 0 ? 'os' : 'disk'
  await book.appendMany(group, { durability })
  const seqnum = await book.tail()
  if (next % 2048 === 2040) await book.trim({ before: seqnum - 400 })
  if (next % 800 === 0) say({ seen: next + 7, position: book.position })
}
await log.close()
say('closed')
`

const numberOf = (data: Uint8Array): number => Number(Buffer.from(data).toString('latin1').split(' ')[0])

/** Reads all that is there, a stretch of numbers. Returns where it begins and ends. */
async function readStretch(t: Test, log: EmbeddedLog, atLeast?: string): Promise<[number, number]> {
  const book = log.book('b')
  let [first, last] = [-1, -1]
  const holes: number[] = []
  for await (const records of book.read({ tag: 'all', atLeast }).batches()) {
    for (const record of records) {
      const number = numberOf(record.data)
      if (first === -1) first = number
      else if (number !== last + 1) holes.push(number)
      if (record.data.byteLength !== `${number} `.length + 4000) holes.push(-number)
      last = number
    }
  }
  // A trim may pass a reader by: then what the book begins with now is behind the hole.
  const begin = await book.readNext()
  const front = begin === null ? Number.POSITIVE_INFINITY : numberOf(begin.data)
  const wrong = holes.filter((number) => number < 0 || number > front)
  t.same(wrong, [], 'no holes but of trims')
  // All that was left to read may have been trimmed meanwhile.
  return [first, Number.isFinite(front) ? Math.max(last, front - 1) : last]
}

for (const lanes of [1, 3]) {
  t.test(`a follower beside a writer that is killed and comes back, ${lanes} lanes`, async (t) => {
    const directory = await tempDirectory()
    t.teardown(() => directory.remove())
    const { path } = directory
    const first = startChild(writer, [path, '8', String(lanes)])
    t.match((await first.end()).said, ['ready', { seen: 7 }, 'closed'])

    const log = await open(path, { readOnly: true })
    t.teardown(() => log.close())
    t.equal(log.status.state, 'read-only')
    const stop = new AbortController()
    // Live: each number once, in order; those that a trim has passed are left out.
    const live = { seen: 0, last: -1, steps: [] as number[], wrong: [] as number[] }
    const following = (async () => {
      for await (const records of log.book('b').read({ live: true, signal: stop.signal }).batches()) {
        for (const record of records) {
          const number = numberOf(record.data)
          if (number <= live.last) live.wrong.push(number)
          if (number !== live.last + 1) live.steps.push(number)
          live.last = number
          live.seen++
        }
      }
    })().catch((error: unknown) => {
      if (!stop.signal.aborted) throw error
    })

    let seen = 7
    for (let round = 0; round < 4; round++) {
      const child = startChild(writer, [path, '', String(lanes)])
      const words = child.lines[Symbol.asyncIterator]()
      t.equal((await words.next()).value, 'ready')
      for (let word = 0; word < 6; word++) {
        const { value, done } = await words.next()
        if (done) break
        const told = value as { seen: number; position: string }
        // What the writer was told is there, at once, or when it has come.
        const [, last] = await readStretch(t, log, told.position)
        t.ok(last >= told.seen, `${last} is at least ${told.seen}`)
        t.ok(last >= seen, 'never back')
        seen = last
      }
      child.process.kill('SIGKILL')
      await child.end()
      const [, last] = await readStretch(t, log)
      t.ok(last >= seen, 'all that was shown is there without the writer')
      seen = last
    }
    const end = startChild(writer, [path, '800', String(lanes)])
    const { said, errors } = await end.end()
    t.equal(said.at(-1), 'closed', errors)
    const told = said.filter((word) => typeof word === 'object').at(-1) as { position: string }
    await log.book('b').tail({ atLeast: told.position, signal: AbortSignal.timeout(20_000) })
    // The live reader comes to the same end.
    const fresh = await open(path)
    const last = await fresh.book('b').readPrev()
    await fresh.close()
    const lastNumber = numberOf(last?.data ?? Buffer.from('-1 '))
    for (let i = 0; i < 2000 && live.last < lastNumber; i++) await new Promise((done) => setTimeout(done, 10))
    t.equal(live.last, lastNumber)
    t.same(live.wrong, [])
    const begin = await log.book('b').readNext()
    const front = begin === null ? Number.POSITIVE_INFINITY : numberOf(begin.data)
    t.ok(
      live.steps.every((number) => number <= front),
      'it steps over nothing but what was trimmed',
    )
    t.comment(`${live.seen} records of ${live.last + 1} read live, ${live.steps.length} steps over trims`)
    stop.abort()
    await following
  })
}

t.test('how soon a follower has a record: a figure, not a limit', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const child = startChild(
    `
    const log = await open(directory)
    const book = log.book('b')
    await book.append(Buffer.from('first'))
    say('ready')
    for (let i = 0; i < 300; i++) {
      await book.append(Buffer.from(String(performance.timeOrigin + performance.now())))
      await new Promise((done) => setTimeout(done, 3 + (i % 7)))
    }
    await log.close()
    `,
    [directory.path],
  )
  const words = child.lines[Symbol.asyncIterator]()
  t.equal((await words.next()).value, 'ready')
  const log = await open(directory.path, { readOnly: true })
  const latencies: number[] = []
  for await (const record of log.book('b').read({ live: true, from: 1, limit: 300 })) {
    const now = performance.timeOrigin + performance.now()
    latencies.push(now - Number(Buffer.from(record.data).toString()))
  }
  await log.close()
  await child.end()
  latencies.sort((one, other) => one - other)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)]?.toFixed(2)
  t.comment(`from before the append to the follower: median ${at(0.5)} ms, 99 % ${at(0.99)} ms`)
  t.equal(latencies.length, 300)
  t.ok((latencies[150] ?? Infinity) < 1000, 'half of them within a second, on whatever machine')
})
