// What is told of a log that was killed, and of one whose disk fails.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import t, { type Test } from 'tap'
import { open } from '../../src/embedded/index.js'
import type { FailureEvent, Logger, OpenEvent, RecoveryEvent } from '../../src/log/event-types.js'
import { faults } from '../support/faults.js'
import { tempDirectory } from '../support/temp-directory.js'
import { startChild } from './child.js'

function listen<E>(t: Test, name: string): E[] {
  const events: E[] = []
  const take = (event: unknown) => events.push(event as E)
  subscribe(name, take)
  t.teardown(() => unsubscribe(name, take))
  return events
}

function recording() {
  const lines: string[] = []
  const write = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${Object.keys(fields).join()}`)
  }
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
  return { lines, logger }
}

t.test('a log that was killed tells what its recovery did, to the first handle', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const child = startChild(
    `
    const log = await open(directory)
    for (let i = 0; i < 5; i++) await log.book('b').append(Buffer.from(String(i)), { durability: 'os' })
    say('written')
    setInterval(() => {}, 1000)
    `,
    [directory.path],
  )
  for await (const _ of child.lines) child.process.kill('SIGKILL')
  await child.end()
  const recoveries = listen<RecoveryEvent>(t, 'daybook:recovery')
  const opens = listen<OpenEvent>(t, 'daybook:open')
  const { lines, logger } = recording()
  const log = await open(directory.path, { logger })
  const other = await open(directory.path, { logger })
  t.equal(recoveries.length, 1)
  const [recovery] = recoveries
  t.equal(recovery?.directory, directory.path)
  t.ok((recovery?.replayedBytes ?? 0) > 0)
  t.ok((recovery?.rewrittenBatches ?? 0) > 0)
  t.ok((recovery?.passedSeqnums ?? 0) > 0, 'seqnums had been told before they were flushed')
  t.same(
    opens.map(({ first, state }) => [first, state]),
    [
      [true, 'open'],
      [false, 'open'],
    ],
  )
  await Promise.all([log.close(), other.close()])
  t.same(
    lines.map((line) => line.split(' ')[0]),
    ['info', 'warn', 'info', 'info', 'info'],
  )
  await (await open(directory.path)).close()
  t.equal(recoveries.length, 1, 'this time it had been closed')
})

t.test('a disk that fails is told once, and counted', async (t) => {
  const disk = faults(t)
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const failures = listen<FailureEvent>(t, 'daybook:failure')
  const { lines, logger } = recording()
  const log = await open(directory.path, { logger })
  const quiet = await open(directory.path)
  const book = log.book('b')
  await book.append(Buffer.from('kept'))
  // The one that is written: the background flushes another, which it makes ready.
  disk.set('fail sync segment-0000000000000001 with EIO once')
  await t.rejects(book.append(Buffer.from('x')), { code: 'ERR_DAYBOOK_IO' })
  await t.rejects(book.append(Buffer.from('x')), { code: 'ERR_DAYBOOK_READ_ONLY' })
  await t.rejects(book.trim({ before: 1 }), { code: 'ERR_DAYBOOK_READ_ONLY' })
  t.equal(failures.length, 1)
  t.equal(failures[0]?.directory, directory.path)
  t.match(failures[0]?.error, { code: 'ERR_DAYBOOK_IO' })
  const { handle, commits } = log.metrics()
  t.same(handle.appends.rejected, { ERR_DAYBOOK_IO: 1, ERR_DAYBOOK_READ_ONLY: 1 })
  t.equal(handle.appends.records, 1)
  t.ok(commits.failed >= 2)
  await t.rejects(quiet.book('b').append(Buffer.from('x')), { code: 'ERR_DAYBOOK_READ_ONLY' })
  t.equal(failures.length, 2, 'the other handle has learnt it too')
  const late = await open(directory.path, { logger })
  t.equal(failures.length, 3, 'and one that is opened now')
  t.equal(late.status.state, 'read-only')
  await Promise.all([log, quiet, late].map((handle) => handle.close().catch(() => {})))
  t.equal(lines.filter((line) => line.startsWith('error daybook: the log has failed')).length, 2)
})

t.test('a logger and a subscriber that throw do not break the log', async (t) => {
  const { said, code, errors } = await (async () => {
    const directory = await tempDirectory()
    t.teardown(() => directory.remove())
    return startChild(
      `
      const { subscribe } = await import('node:diagnostics_channel')
      process.on('uncaughtException', (error) => say(error.message))
      subscribe('daybook:commit', () => { throw new Error('subscriber') })
      const bad = () => { throw new Error('logger') }
      const logger = { debug: bad, info: bad, warn: bad, error: bad }
      const log = await open(directory, { logger })
      say(await log.book('b').append(Buffer.from('x')))
      await log.close()
      `,
      [directory.path],
    ).end()
  })()
  t.equal(code, 0, errors)
  t.same(said.slice().sort(), [0, 'subscriber'])
})
