// The adapter over the real prom-client: what is scraped is what the log has counted.

import { AggregatorRegistry, register as globalRegister, type Metric, Registry } from 'prom-client'
import t from 'tap'
import { registerMetrics } from '../../../src/adapters/prom-client.js'
import { open } from '../../../src/embedded/index.js'
import { openMemory } from '../../../src/log/memory-log.js'
import type { EmbeddedLog } from '../../../src/log/types.js'
import { tempDirectory } from '../../support/temp-directory.js'

/** The samples of a scrape by name and labels, as Prometheus reads them. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

async function someLog(t: import('tap').Test): Promise<EmbeddedLog> {
  const directory = await tempDirectory()
  const log = await open(directory.path)
  t.teardown(async () => {
    await log.close()
    await directory.remove()
  })
  return log
}

t.test('a scrape tells what the log has counted', async (t) => {
  const log = await someLog(t)
  const register = new Registry()
  registerMetrics(log, { register, labels: { log: 'orders' } })
  const book = log.book('b')
  for (let i = 0; i < 3; i++) await book.append(Buffer.from('data'), { tags: ['t'] })
  await book.append(Buffer.from('x'), { tags: [''] }).catch(() => {})
  await book.get(1)
  const { handle, commits, flushes } = log.metrics()
  const found = samples(await register.metrics())
  const labelled = (name: string, more = '') => found.get(`daybook_${name}{log="orders"${more}}`)
  t.equal(labelled('appended_records_total'), 3)
  t.equal(labelled('appended_bytes_total'), handle.appends.bytes)
  t.equal(labelled('rejected_appends_total', ',code="ERR_DAYBOOK_INVALID_ARG"'), 1)
  t.equal(labelled('read_records_total', ',source="hot"'), 1)
  t.equal(labelled('commit_records_count'), commits.records.count)
  t.equal(labelled('commit_records_sum'), 3)
  t.equal(labelled('commit_records_bucket', ',le="+Inf"'), commits.records.count)
  t.equal(labelled('commit_records_bucket', ',le="1"'), commits.records.count)
  t.equal(labelled('flush_duration_seconds_count'), flushes.latency.count)
  t.ok(Math.abs((labelled('flush_duration_seconds_sum') ?? 0) - flushes.latency.sum / 1000) < 1e-9)
  t.equal(labelled('pending_records'), 0)
  t.ok((labelled('next_seqnum') ?? 0) >= 3)
})

t.test('buckets are cumulative, and the same at every scrape', async (t) => {
  const log = await someLog(t)
  const register = new Registry()
  registerMetrics(log, { register })
  const bounds = async () => {
    const all = [...samples(await register.metrics())]
    const buckets = all.filter(([name]) => name.startsWith('daybook_commit_duration_seconds_bucket'))
    const values = buckets.map(([, value]) => value)
    t.same(
      values,
      [...values].sort((a, b) => a - b),
    )
    return buckets.map(([name]) => name)
  }
  const before = await bounds()
  for (let i = 0; i < 20; i++) await log.book('b').append(Buffer.from('x'))
  t.same(await bounds(), before)
  t.ok(before.length > 10)
})

t.test('one scrape looks at the log once', async (t) => {
  const log = await openMemory()
  let looks = 0
  const counting = {
    metrics() {
      looks++
      return log.metrics()
    },
  }
  const register = new Registry()
  registerMetrics(counting, { register })
  await register.metrics()
  t.equal(looks, 1)
  await register.getMetricsAsJSON()
  t.equal(looks, 2)
  await log.close()
})

t.test('a closed log has no values, and its metrics can be taken out', async (t) => {
  const log = await openMemory()
  const register = new Registry()
  const remove = registerMetrics(log, { register })
  t.ok(samples(await register.metrics()).size > 20)
  await log.close()
  t.equal(samples(await register.metrics()).size, 0)
  remove()
  t.equal((await register.metrics()).trim(), '')
  remove()
})

t.test('the global registry, OpenMetrics, resets and clusters work too', async (t) => {
  const log = await openMemory()
  const remove = registerMetrics(log, { prefix: 'one_' })
  t.ok(globalRegister.getSingleMetric('one_next_seqnum') !== undefined)
  globalRegister.resetMetrics()
  const merged = AggregatorRegistry.aggregate([await globalRegister.getMetricsAsJSON()])
  t.match(await merged.metrics(), /one_next_seqnum 0/)
  remove()
  const openMetrics = new Registry()
  openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
  registerMetrics(log, { register: openMetrics })
  const text = await openMetrics.metrics()
  t.match(text, /^daybook_appended_records_total 0$/m)
  t.match(text, /# EOF/)
  await log.close()
})

t.test('names that are taken, and bad arguments, are refused', async (t) => {
  const log = await openMemory()
  const register = new Registry()
  registerMetrics(log, { register })
  const before = register.getMetricsAsArray().length
  const refused = { code: 'ERR_DAYBOOK_INVALID_ARG' }
  t.throws(() => registerMetrics(log, { register }), { ...refused, message: /prefix/ })
  t.equal(register.getMetricsAsArray().length, before)
  registerMetrics(log, { register, prefix: 'other_' })
  for (const options of [
    { register: {} },
    { register: null },
    { prefix: '1st' },
    { prefix: 'a-b' },
    { prefix: 5 },
    { labels: { le: 'x' } },
    { labels: { 'a-b': 'x' } },
    { labels: { a: 1 } },
    { labels: null },
    { other: 1 },
  ]) {
    t.throws(() => registerMetrics(log, { prefix: 'p_', register, ...options } as never), refused)
  }
  for (const none of [undefined, null, {}, 5]) t.throws(() => registerMetrics(none as never), refused)
  await log.close()
  const metrics: Metric[] = register.getMetricsAsArray() as never
  t.equal(metrics.length, 2 * before)
})
