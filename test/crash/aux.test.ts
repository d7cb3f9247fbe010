// Aux data beside kills and threads: right, or not there.

import t from 'tap'
import { open } from '../../src/embedded/index.js'
import { tempDirectory } from '../support/temp-directory.js'
import { startChild } from './child.js'

const rounds = 6

t.test('kill -9 in the middle of setting, saving and loading leaves no wrong bytes', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const lines = `
    const log = await open(directory, { auxPersistent: true, durability: 'os', auxBytes: 1000000 })
    let book = log.book('b')
    for await (const record of book.read()) {
      // The bytes name the record: others would be wrong.
      const { aux, data } = record
      if (aux !== undefined && !Buffer.from(aux).subarray(0, data.length).equals(data)) say('wrong')
    }
    say('checked')
    const append = async (i) => {
      const data = Buffer.from(Math.random() + ' ' + process.pid + ' ' + i)
      const seqnum = await book.append(data)
      book.setAux(seqnum, Buffer.concat([data, Buffer.alloc(i % 5000)]))
    }
    for (let i = 0; i < 300; i++) await Promise.all([append(i), append(i + 1000)])
    say('set')
    // Closes and opens all the time, so that a kill meets it anywhere.
    for (let last = log; ; ) {
      await last.close()
      last = await open(directory, { auxPersistent: true, durability: 'os', auxBytes: 1000000 })
      let found = 0
      for await (const { aux } of last.book('b').read()) if (aux !== undefined) found++
      say('found ' + found)
      book = last.book('b')
      await append(Math.floor(Math.random() * 5000))
    }
  `
  let kept = 0
  for (let round = 0; round < rounds; round++) {
    const child = startChild(lines, [directory.path])
    const said: unknown[] = []
    let closings = 0
    for await (const line of child.lines) {
      said.push(line)
      if (String(line).startsWith('found')) closings++
      if (String(line).startsWith('found') && line !== 'found 0') kept++
      // At another place in each round: behind the setting, or behind some closings.
      if (line === 'set' && round === 0) child.process.kill('SIGKILL')
      if (closings > round) setTimeout(() => child.process.kill('SIGKILL'), 7 * round)
    }
    const { errors, signal } = await child.end()
    t.equal(signal, 'SIGKILL', errors)
    t.equal(said[0], 'checked', said.join(' '))
    t.notOk(said.includes('wrong'))
  }
  t.ok(kept > 0, 'and where it was closed in peace, it was kept')
  const log = await open(directory.path, { auxPersistent: true })
  for await (const { aux, data } of log.book('b').read()) {
    if (aux !== undefined && !Buffer.from(aux).subarray(0, data.length).equals(Buffer.from(data))) {
      t.fail('wrong bytes')
    }
  }
  await log.close()
})

t.test(
  'a thread, and a process, that ends in the middle of saving neither hangs nor leaves wrong bytes',
  async (t) => {
    const directory = await tempDirectory()
    t.teardown(() => directory.remove())
    const fill = `
    const log = await open(directory, { auxPersistent: true, durability: 'os' })
    const book = log.book('b')
    const seqnums = await book.appendMany(Array.from({ length: 1000 }, () => ({ data: Buffer.from('x') })))
    for (const seqnum of seqnums) book.setAux(seqnum, Buffer.alloc(6000, String(seqnum)))
  `
    const thread = `
    const { Worker } = await import('node:worker_threads')
    const source = \`
      const { workerData: directory, parentPort } = await import('node:worker_threads')
      const { open } = await import(process.env.DAYBOOK_TEST_INDEX)
      ${fill}
      parentPort.postMessage('closing')
      await log.close()
      parentPort.postMessage('closed')
    \`
    for (let round = 0; round < 6; round++) {
      const worker = new Worker(source, { eval: true, workerData: directory, execArgv: [] })
      await new Promise((resolve) => worker.once('message', resolve))
      await new Promise((resolve) => setTimeout(resolve, 15 * round))
      await worker.terminate()
    }
    say('all have ended')
  `
    const ended = await startChild(thread, [directory.path]).end()
    t.equal(ended.code, 0, ended.errors)
    t.same(ended.said, ['all have ended'])
    for (let round = 0; round < 4; round++) {
      const exits = `${fill}
      setTimeout(() => process.exit(7), ${round * 25})
      await log.close()
      await new Promise((resolve) => setTimeout(resolve, 10_000))`
      const { code, signal, errors } = await startChild(exits, [directory.path]).end()
      t.same([code, signal], [7, null], errors)
      const log = await open(directory.path, { auxPersistent: true })
      for await (const { seqnum, aux } of log.book('b').read()) {
        if (aux !== undefined && !Buffer.alloc(6000, String(seqnum)).equals(aux))
          t.fail(`wrong bytes at ${seqnum}`)
      }
      await log.close()
    }
  },
)

t.test('all threads see what any of them has set last', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const { said, code, errors } = await startChild(
    `
    const { Worker } = await import('node:worker_threads')
    const source = \`
      const { workerData, parentPort } = await import('node:worker_threads')
      const { open } = await import(process.env.DAYBOOK_TEST_INDEX)
      const log = await open(workerData)
      const book = log.book('b')
      parentPort.on('message', async ({ seqnum, text }) => {
        if (text === undefined) {
          const { aux } = await book.get(seqnum)
          return parentPort.postMessage(Buffer.from(aux ?? '').toString())
        }
        if (text === 'end') return log.close().then(() => process.exit())
        book.setAux(seqnum, Buffer.from(text))
        parentPort.postMessage('set')
      })
      parentPort.postMessage('ready')
    \`
    const log = await open(directory, { auxPersistent: true })
    const book = log.book('b')
    const seqnum = await book.append(Buffer.from('x'))
    const workers = [1, 2].map(() => new Worker(source, { eval: true, workerData: directory, execArgv: [] }))
    const heard = (worker) => new Promise((resolve) => worker.once('message', resolve))
    const ask = (worker, message) => {
      const answer = heard(worker)
      worker.postMessage(message)
      return answer
    }
    await Promise.all(workers.map(heard))
    for (let i = 0; i < 20; i++) {
      const text = 'value ' + i
      if (i % 3 === 2) book.setAux(seqnum, Buffer.from(text))
      else await ask(workers[i % 3], { seqnum, text })
      const seen = await Promise.all(workers.map((worker) => ask(worker, { seqnum })))
      seen.push(Buffer.from((await book.get(seqnum)).aux).toString())
      if (seen.some((one) => one !== text)) say({ text, seen })
    }
    // The thread that asked for keeping goes first; whoever is last saves.
    await log.close()
    for (const worker of workers) {
      const gone = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage({ text: 'end' })
      await gone
    }
    const again = await open(directory, { auxPersistent: true })
    say(Buffer.from((await again.book('b').get(seqnum)).aux ?? '').toString())
    await again.close()
    `,
    [directory.path],
  ).end()
  t.equal(code, 0, errors)
  t.same(said, ['value 19'])
})
