// Threads that join the log of their process, work, and are terminated at any moment: without a crash, a leak
// or a commit that never ends, and with all promises kept to those that are left.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { AppendEvent, HistoryEvent, SeenRecord } from '../support/history.js'
import { judge } from '../support/history-judge.js'
import { replay } from '../support/seed.js'
import { tempDirectory } from '../support/temp-directory.js'
import { startChild } from './child.js'
import { eventsOf, program, threadsMax } from './threads/program.js'

/** `.ci/run` asks for 500, under the address sanitizer. */
const cycles = Number(process.env['DAYBOOK_THREAD_CYCLES'] ?? 12)

const timeoutMs = cycles * 10_000 + 60_000
t.setTimeout(timeoutMs)

interface Said {
  readonly name?: string
  readonly lines?: string
  readonly book?: string
  readonly final?: readonly SeenRecord[]
  readonly failure?: string
  readonly before?: readonly string[]
  readonly after?: readonly string[]
}

/** The highest number of a shard in the frames that the segments hold. */
async function highestShard(directory: string): Promise<number> {
  let highest = 0
  for (const name of (await readdir(directory)).filter((file) => file.startsWith('segment-'))) {
    const bytes = await readFile(join(directory, name))
    for (let at = bytes.indexOf('DBFR'); at >= 0; at = bytes.indexOf('DBFR', at + 1))
      if (bytes[at + 8] === 1 && at + 48 <= bytes.length)
        highest = Math.max(highest, bytes.readUInt32LE(at + 28))
  }
  return highest
}

t.test(`${cycles} cycles of threads that open, work and are terminated`, async (t) => {
  t.setTimeout(timeoutMs)
  const seed = replay().seed ?? Math.floor(Math.random() * 2 ** 31)
  t.comment(`DAYBOOK_SEED=${seed} repeats what the threads do, as far as the machine lets it`)
  const directory = await tempDirectory('daybook-threads-')
  t.teardown(() => directory.remove())
  const child = startChild(program, [directory.path, String(cycles), String(seed)])
  const { said, code, signal, errors } = await child.end()
  t.same({ code, signal }, { code: 0, signal: null }, errors.slice(-4000))
  const events: HistoryEvent[] = []
  const final = new Map<string, SeenRecord[]>()
  let threads = 0
  for (const one of said as Said[]) {
    t.equal(one.failure, undefined)
    if (one.lines !== undefined) {
      threads++
      events.push(...eventsOf(one.lines))
    }
    if (one.book !== undefined) final.set(one.book, [...(one.final ?? [])])
    // The descriptors and threads of the process.
    if (one.after !== undefined) t.same(one.after, one.before, 'nothing is left behind')
  }
  t.strictSame(judge(events, final).slice(0, 10), [])
  const appends = events.filter((event): event is AppendEvent => event.do === 'append')
  const acknowledged = appends.filter(({ outcome }) => outcome === 'acknowledged').length
  t.ok(acknowledged > 0 && appends.length > acknowledged, 'some were cut off in the middle of appends')
  // Each handle has a shard while it is open; one that is closing has one too.
  t.ok((await highestShard(directory.path)) < 4 * (threadsMax + 1), 'shards are given back, and used again')
  // counted: threads that were ended, and what they had done
  t.comment(`counted: ${threads} threads, ${events.length} calls, ${acknowledged} acknowledged appends`)
})

t.test('what one thread was acknowledged, another one reads', async (t) => {
  const directory = await tempDirectory('daybook-threads-')
  t.teardown(() => directory.remove())
  const { said, code, errors } = await startChild(
    `
    const { Worker } = await import('node:worker_threads')
    const source = \`
      const { parentPort, workerData } = require('node:worker_threads')
      import(process.env.DAYBOOK_TEST_INDEX).then(async ({ open }) => {
        const log = await open(workerData)
        const book = log.book('b')
        parentPort.on('message', async ({ append, expect }) => {
          if (expect !== undefined) {
            const found = [book.getSync(expect), await book.get(expect), await book.readPrev({ tag: 't' })]
            const [tail, all] = [book.tailSync({ tag: 't' }), []]
            for await (const { seqnum } of book.read({ tag: 't' })) all.push(seqnum)
            const isThere = found.every((record) => record?.seqnum === expect)
            parentPort.postMessage(isThere && tail === expect && all.at(-1) === expect)
          } else if (append) {
            const durability = append % 2 ? 'os' : 'disk'
            parentPort.postMessage(await book.append(Buffer.from('x'), { tags: ['t'], durability }))
          } else {
            await log.close()
            parentPort.close()
          }
        })
        parentPort.postMessage('ready')
      })
    \`
    const log = await open(directory)
    const options = { eval: true, workerData: directory, execArgv: [] }
    const threads = [0, 1, 2].map(() => new Worker(source, options))
    const answer = (worker) => new Promise((resolve) => worker.once('message', resolve))
    const ask = (worker, message) => {
      const answered = answer(worker)
      worker.postMessage(message)
      return answered
    }
    await Promise.all(threads.map(answer))
    let wrong = 0
    for (let i = 1; i <= 300; i++) {
      const seqnum = await ask(threads[i % 3], { append: i })
      const others = [threads[(i + 1) % 3], threads[(i + 2) % 3]]
      const answers = await Promise.all(others.map((other) => ask(other, { expect: seqnum })))
      if (answers.includes(false) || log.book('b').tailSync() !== seqnum) wrong++
    }
    say(wrong)
    for (const worker of threads) worker.postMessage({})
    await log.close()
    `,
    [directory.path],
  ).end()
  t.equal(code, 0, errors)
  t.same(said, [0], errors)
})
