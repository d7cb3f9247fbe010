// The logger and the channels: what they get, and that nothing of them reaches the log.

import { channel } from 'node:diagnostics_channel'
import t from 'tap'
import type { Logger } from '../../../src/log/event-types.js'
import { LogObserver } from '../../../src/log/observer.js'
import { checkLogger, Trace } from '../../../src/log/trace.js'

type Line = readonly [level: string, fields: object, message: string]

function recording(): Logger & { lines: Line[] } {
  const lines: Line[] = []
  const write = (level: string) => (fields: object, message: string) => {
    lines.push([level, fields, message])
  }
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

t.test('each event has its level and its fields', async (t) => {
  const logger = recording()
  const observer = new LogObserver('/log', new Trace(logger))
  const error = new Error('the disk')
  observer.opened({ state: 'open', first: true, duration: 5 })
  observer.recovered({ replayedBytes: 1, rewrittenBatches: 2, passedSeqnums: 3 })
  observer.committed(1, 7)
  observer.failed({ error })
  observer.closed({})
  observer.closed({ error })
  observer.noted('warn', 'something', error)
  observer.noted('debug', 'something')
  t.same(
    logger.lines.map(([level, fields]) => [level, fields]),
    [
      ['info', { directory: '/log', state: 'open', first: true, duration: 5 }],
      ['warn', { directory: '/log', replayedBytes: 1, rewrittenBatches: 2, passedSeqnums: 3 }],
      ['error', { directory: '/log', err: error }],
      ['info', { directory: '/log' }],
      ['error', { directory: '/log', err: error }],
      ['warn', { directory: '/log', err: error }],
      ['debug', { directory: '/log' }],
    ],
    'and a commit none',
  )
  for (const [, , message] of logger.lines) t.match(message, /^daybook: /)
})

t.test('a logger that throws or rejects harms nobody, and is called as a method', async (t) => {
  const observer = new LogObserver(
    null,
    new Trace({
      debug() {
        throw new Error('on purpose')
      },
      info: (() => Promise.reject(new Error('on purpose'))) as () => void,
      warn() {
        t.equal(typeof this.error, 'function')
      },
      error() {},
    }),
  )
  observer.noted('debug', 'x')
  observer.opened({ state: 'open', first: true, duration: 0 })
  observer.noted('warn', 'x')
  new LogObserver('/log').noted('warn', 'nobody is there')
})

t.test('what is no logger is refused', async (t) => {
  class Inherited {
    debug() {}
    info() {}
    warn() {}
    error() {}
  }
  const logger = new Inherited()
  t.equal(checkLogger(logger), logger)
  t.equal(checkLogger(console), console)
  for (const value of [null, true, 'pino', 5, {}, { debug() {}, info() {}, warn() {} }, () => {}]) {
    t.throws(() => checkLogger(value), {
      code: 'ERR_DAYBOOK_INVALID_ARG',
      message: /debug, info, warn, error/,
    })
  }
})

t.test('events are made only where somebody has subscribed, and name the log', async (t) => {
  const observer = new LogObserver('/log')
  observer.committed(1, 1)
  const events: unknown[] = []
  const take = (event: unknown) => events.push(event)
  const commits = channel('daybook:commit')
  commits.subscribe(take)
  observer.committed(2, 5)
  commits.unsubscribe(take)
  observer.committed(1, 7)
  t.same(events, [{ directory: '/log', records: 2, firstSeqnum: 5 }])
})
