// How processes and threads end that have a log open.

import t, { type Test } from 'tap'
import { open } from '../../src/embedded/index.js'
import { tempDirectory } from '../support/temp-directory.js'
import { startChild } from './child.js'

async function logAfter(t: Test, lines: string, options: { nodeOptions?: string[] } = {}) {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const ended = await startChild(lines, [directory.path], options).end()
  const log = await open(directory.path)
  t.teardown(() => log.close())
  const data: string[] = []
  for await (const record of log.book('b').read()) data.push(Buffer.from(record.data).toString())
  return { ...ended, data }
}

t.test('an idle log does not keep the process alive, and what it promised is there', async (t) => {
  const { code, data, errors } = await logAfter(
    t,
    `
    const log = await open(directory)
    await log.book('b').append(Buffer.from('1'))
    await log.book('b').append(Buffer.from('2'), { durability: 'os' })
    `,
  )
  t.equal(code, 0, errors)
  t.same(data, ['1', '2'])
})

t.test('pending appends and live readers keep the process alive', async (t) => {
  const { said, code, errors } = await logAfter(
    t,
    `
    const log = await open(directory)
    const book = log.book('b')
    void book.append(Buffer.from('1')).then((seqnum) => say(seqnum))
    const signal = new AbortController()
    void (async () => {
      for await (const record of book.read({ live: true, signal: signal.signal })) {
        say('seen ' + record.seqnum)
        if (record.seqnum === 1) break
      }
      say('done')
    })()
    setTimeout(() => void book.append(Buffer.from('2')), 50).unref()
    `,
  )
  t.equal(code, 0, errors)
  t.same(said.slice().sort(), [0, 'done', 'seen 0', 'seen 1'])
})

t.test('process.exit in the middle of appends neither hangs nor crashes', async (t) => {
  const { code, signal, data, said, errors } = await logAfter(
    t,
    `
    const log = await open(directory)
    const book = log.book('b')
    const append = (i) => book.append(Buffer.from(String(i)))
    for (let i = 0; i < 1000; i++) void append(i).then(() => i === 0 && say('acknowledged'))
    setTimeout(() => process.exit(7), 3)
    `,
  )
  t.equal(signal, null)
  t.equal(code, 7, errors)
  if (said.length > 0) t.equal(data[0], '0')
  t.same(
    data,
    Array.from({ length: data.length }, (_, i) => String(i)),
    'a prefix, in order',
  )
})

t.test('an uncaught error ends the process as it ends others', async (t) => {
  const { code, data } = await logAfter(
    t,
    `
    const log = await open(directory)
    await log.book('b').append(Buffer.from('1'))
    throw new Error('on purpose')
    `,
  )
  t.equal(code, 1)
  t.same(data, ['1'])
})

t.test('a log that is forgotten is closed when it is collected', async (t) => {
  const { said, code, errors } = await logAfter(
    t,
    `
    await (async () => {
      const log = await open(directory, { segmentBytes: 1048576 })
      await log.book('b').append(Buffer.from('1'))
    })()
    let reopened = false
    for (let i = 0; i < 200 && !reopened; i++) {
      gc()
      await new Promise((resolve) => setTimeout(resolve, 10))
      // Another option is refused as long as the forgotten handle holds the engine.
      const log = await open(directory, { segmentBytes: 2097152 }).catch(() => null)
      reopened = log !== null
      await log?.close()
    }
    say(reopened)
    `,
    { nodeOptions: ['--expose-gc'] },
  )
  t.equal(code, 0, errors)
  t.same(said, [true])
})

t.test('a worker thread joins the log of its process, and may be terminated at any time', async (t) => {
  const { said, code, signal, errors } = await logAfter(
    t,
    `
    const { Worker } = await import('node:worker_threads')
    const log = await open(directory)
    const source = \`
      const { open } = await import(process.env.DAYBOOK_TEST_INDEX)
      const { parentPort, workerData } = await import('node:worker_threads')
      const log = await open(workerData)
      const book = log.book('w')
      void book.append(Buffer.from('first')).then(() => parentPort.postMessage('appended'))
      for (let i = 0; i < 8; i++) (async () => { while (true) await book.append(Buffer.alloc(100)) })()
      for await (const record of book.read({ live: true })) record.data
    \`
    for (let i = 0; i < 12; i++) {
      const worker = new Worker(source, { eval: true, workerData: directory, execArgv: [] })
      // Some end before they have opened anything, some in the middle of appends and of a live read.
      if (i >= 6) await new Promise((resolve) => worker.once('message', resolve))
      await new Promise((resolve) => setTimeout(resolve, 7 * i))
      await worker.terminate()
    }
    say((await log.book('w').tail()) >= 0)
    await log.book('b').append(Buffer.from('still here'))
    await log.close()
    `,
  )
  t.equal(signal, null, errors)
  t.equal(code, 0, errors)
  t.same(said, [true], errors)
})

t.test('opening, reading and closing again and again keeps no memory', async (t) => {
  const { said, code, errors } = await logAfter(
    t,
    `
    const keep = await open(directory)
    await keep.book('b').append(Buffer.from('1'))
    const rounds = []
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 40; i++) {
        const log = await open(directory)
        for await (const record of log.book('b').read()) record.data
        await log.close()
      }
      gc()
      await new Promise((resolve) => setTimeout(resolve, 20))
      gc()
      rounds.push(process.memoryUsage().arrayBuffers / 2 ** 20)
    }
    say(rounds[2] - rounds[0])
    await keep.close()
    `,
    { nodeOptions: ['--expose-gc'] },
  )
  t.equal(code, 0, errors)
  t.ok((said[0] as number) < 4, `${said[0]} MiB more after 80 rounds`)
})
