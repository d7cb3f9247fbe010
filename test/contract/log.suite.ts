// The contract of a log: one suite for every implementation. The common part uses the asynchronous interface
// alone; the embedded part what a log in this process has on top of it.

import type { Test } from 'tap'
import type { LogWorldFactory } from '../support/log-world.js'
import { appendSuite } from './log/append.js'
import { appendLimitsSuite } from './log/append-limits.js'
import { auxSuite } from './log/aux.js'
import { booksSuite } from './log/books.js'
import { boundsSuite } from './log/bounds.js'
import { cancellationSuite } from './log/cancellation.js'
import { codecSuite } from './log/codec.js'
import { conditionSuite } from './log/conditions.js'
import { embeddedSuite } from './log/embedded.js'
import { eventsSuite } from './log/events.js'
import { makeSuite } from './log/harness.js'
import { lifecycleSuite } from './log/lifecycle.js'
import { liveSuite } from './log/live.js'
import { manyBooksSuite } from './log/many-books.js'
import { metricsSuite } from './log/metrics.js'
import { misuseSuite } from './log/misuse.js'
import { positionSuite } from './log/position.js'
import { querySuite } from './log/queries.js'
import { readerSuite } from './log/reader.js'
import { recordSuite } from './log/record.js'
import { bookCountsSuite, retentionSuite } from './log/retention.js'
import { statSuite } from './log/stat.js'
import { readableSuite, webStreamSuite } from './log/streams.js'
import { tagTrimSuite } from './log/tag-trim.js'
import { trimSuite } from './log/trim.js'
import { writableSuite } from './log/writable.js'

export function logSuite(t: Test, factory: LogWorldFactory): void {
  commonLogSuite(t, factory)
  const parts = { embedded: embeddedSuite, stat: statSuite, 'many books': manyBooksSuite }
  for (const [part, suite] of Object.entries(parts)) {
    t.test(`${factory.name}: ${part}`, async (t: Test) => suite(makeSuite(t, factory)))
  }
}

/** What holds on an embedded and on a clustered log alike. */
export function commonLogSuite(t: Test, factory: LogWorldFactory): void {
  const parts = {
    append: appendSuite,
    'append limits': appendLimitsSuite,
    records: recordSuite,
    bounds: boundsSuite,
    readers: readerSuite,
    'live readers': liveSuite,
    'readable streams': readableSuite,
    'writable streams': writableSuite,
    'web streams': webStreamSuite,
    queries: querySuite,
    'conditions and keys': conditionSuite,
    tagTrim: tagTrimSuite,
    trim: trimSuite,
    books: booksSuite,
    'book counts': bookCountsSuite,
    retention: retentionSuite,
    'aux data': auxSuite,
    codecs: codecSuite,
    positions: positionSuite,
    cancellation: cancellationSuite,
    misuse: misuseSuite,
    metrics: metricsSuite,
    events: eventsSuite,
    lifecycle: lifecycleSuite,
  }
  for (const [part, suite] of Object.entries(parts)) {
    t.test(`${factory.name}: ${part}`, async (t: Test) => suite(makeSuite(t, factory)))
  }
}
