// The metrics of a log for prom-client, which is an optional peer: the one file that knows it. Who does not
// import `daybook/prom-client` does not need it.
//
// prom-client's own classes count by themselves; here the log has counted already. So what is registered are
// metrics of their shape, which ask the log when they are scraped.

import { type Metric, type Registry, register as theirRegister } from 'prom-client'
import { readOptions } from '../log/call-options.js'
import { invalidArgument } from '../log/errors.js'
import type { Histogram, LogMetrics } from '../log/metrics-types.js'
import type { Log } from '../log/types.js'

/** Options of `registerMetrics`. */
export interface MetricsOptions {
  /** Where the metrics go. Default: prom-client's global registry. */
  readonly register?: Registry | undefined
  /** In front of every name: letters, digits, `_` and `:`, no digit first. Default: `'daybook_'`. */
  readonly prefix?: string | undefined
  /** On every metric: what tells this log from others in the same registry. Default: none. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

type Type = 'counter' | 'gauge' | 'histogram'

/** One line of what is scraped. */
interface Value {
  readonly metricName?: string
  readonly labels: Record<string, string | number>
  readonly value: number
}

interface Definition {
  readonly name: string
  readonly help: string
  readonly type: Type
  readonly read: (metrics: LogMetrics) => readonly Value[]
}

const one = (value: number, labels: Record<string, string> = {}): Value => ({ value, labels })
const count = (name: string, help: string, read: (metrics: LogMetrics) => number): Definition => ({
  name,
  help,
  type: 'counter',
  read: (metrics) => [one(read(metrics))],
})
const gauge = (name: string, help: string, read: (metrics: LogMetrics) => number): Definition => ({
  ...count(name, help, read),
  type: 'gauge',
})
const by = (
  name: string,
  help: string,
  label: string,
  read: (metrics: LogMetrics) => object,
): Definition => ({
  name,
  help,
  type: 'counter',
  read: (metrics) => Object.entries(read(metrics)).map(([key, value]) => one(value, { [label]: key })),
})
/** `unit`: what one of the log's units is in those of Prometheus. */
const histogram = (
  name: string,
  help: string,
  bounds: readonly number[],
  unit: number,
  read: (metrics: LogMetrics) => Histogram,
): Definition => ({
  name,
  help,
  type: 'histogram',
  read: (metrics) => valuesOf(read(metrics), bounds, unit),
})

/** The log has buckets that end just below each power of two (of nanoseconds, for times): so do these. */
const belowPowersOfTwo = (first: number, last: number, step = 1) =>
  Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 2 ** (first + i * step) - 1)
const latencies = belowPowersOfTwo(13, 34).map((nanoseconds) => nanoseconds * 1e-6)
const sizes = belowPowersOfTwo(7, 27, 2)
const counts = belowPowersOfTwo(1, 16)

const definitions: readonly Definition[] = [
  gauge('next_seqnum', 'Every visible record has a lower seqnum.', (m) => m.nextSeqnum),
  gauge('durable_seqnum', 'Every record with a lower seqnum is on the disk.', (m) => m.durableSeqnum),
  gauge('unflushed_seqnums', 'Seqnums that are visible and not on the disk.', (m) => m.unflushed),
  count(
    'appended_records_total',
    'Records of this handle that were acknowledged.',
    (m) => m.handle.appends.records,
  ),
  count('appended_bytes_total', 'Data and tags of these records.', (m) => m.handle.appends.bytes),
  by(
    'rejected_appends_total',
    'Appends of this handle that were refused or failed.',
    'code',
    (m) => m.handle.appends.rejected,
  ),
  gauge(
    'pending_records',
    'Records of this handle that are not acknowledged.',
    (m) => m.handle.pending.records,
  ),
  gauge('pending_bytes', 'Data and tags of these records.', (m) => m.handle.pending.bytes),
  gauge('live_readers', 'Live readers of this handle.', (m) => m.handle.liveReaders.count),
  gauge('live_readers_waiting', 'Those that wait at the tail.', (m) => m.handle.liveReaders.waiting),
  gauge(
    'live_readers_lag_seqnums',
    'How far the slowest of the others is behind the end of the log.',
    (m) => m.handle.liveReaders.lag,
  ),
  histogram('commit_records', 'Records in a group commit.', counts, 1, (m) => m.commits.records),
  histogram('commit_bytes', 'Bytes written for a group commit.', sizes, 1, (m) => m.commits.bytes),
  histogram(
    'commit_duration_seconds',
    'From taking appends to their acknowledgement.',
    latencies,
    1e-3,
    (m) => m.commits.latency,
  ),
  count('failed_commits_total', 'Group commits that failed.', (m) => m.commits.failed),
  histogram('flush_duration_seconds', 'Flushes of group commits.', latencies, 1e-3, (m) => m.flushes.latency),
  by('read_records_total', 'Records that reads looked at, by where they were.', 'source', (m) => m.reads),
  count('block_cache_hits_total', 'Blocks of the index found in the cache.', (m) => m.blockCache.hits),
  count('block_cache_misses_total', 'Blocks of the index read from a file.', (m) => m.blockCache.misses),
  gauge('block_cache_bytes', 'Bytes of cached blocks.', (m) => m.blockCache.bytes),
  count('aux_hits_total', 'Looks at aux data that found some.', (m) => m.aux.hits),
  count('aux_misses_total', 'Looks at aux data that found none.', (m) => m.aux.misses),
  count('aux_evictions_total', 'Aux data that was pushed out.', (m) => m.aux.evictions),
  gauge('aux_records', 'Records that have aux data.', (m) => m.aux.records),
  gauge('aux_bytes', 'Bytes of aux data.', (m) => m.aux.bytes),
  by('maintenance_steps_total', 'Steps of the background.', 'step', (m) => m.maintenance),
]

/**
 * Registers the metrics of a log. They are asked for when they are scraped; once the handle is closed they
 * have no values.
 *
 * @returns a function that takes them out of the registry again
 * @throws ERR_DAYBOOK_INVALID_ARG for a bad option, or if the registry has a metric of one of the names: of
 * several logs each needs a prefix of its own
 */
export function registerMetrics(log: Pick<Log, 'metrics'>, options?: MetricsOptions): () => void {
  if (typeof (log as Log | null | undefined)?.metrics !== 'function')
    throw invalidArgument('log must be a log')
  const { register, prefix, labels } = checkOptions(options)
  const read = oncePerScrape(log)
  const metrics = definitions.map((definition) => new LogMetric(definition, prefix, labels, read))
  const taken = metrics.find(({ name }) => register.getSingleMetric(name) !== undefined)
  if (taken !== undefined) {
    throw invalidArgument(`the registry has a metric ${taken.name} already: choose another prefix`)
  }
  // It calls `get` on what it is given, and that is all that its classes have in common.
  for (const metric of metrics) register.registerMetric(metric as unknown as Metric)
  return () => {
    for (const { name } of metrics) register.removeSingleMetric(name)
  }
}

class LogMetric {
  readonly name: string
  readonly help: string
  readonly type: Type
  /** How prom-client puts together what the processes of a cluster have. */
  readonly aggregator = 'sum'
  readonly #read: () => readonly Value[]
  readonly #labels: Readonly<Record<string, string>>

  constructor(
    { name, help, type, read }: Definition,
    prefix: string,
    labels: Readonly<Record<string, string>>,
    metrics: () => LogMetrics | undefined,
  ) {
    this.name = prefix + name
    this.help = help
    this.type = type
    this.#labels = labels
    this.#read = () => {
      const found = metrics()
      return found === undefined ? [] : read(found)
    }
  }

  async get() {
    const { name, help, type, aggregator } = this
    const values = this.#read().map(({ metricName = '', labels, value }) => ({
      ...(type === 'histogram' && { metricName: name + metricName }),
      labels: { ...this.#labels, ...labels },
      value,
    }))
    return { name, help, type, aggregator, values }
  }

  /** What counts is the log: there is nothing here to take back. */
  reset(): void {}
}

/** A registry asks all metrics in one turn: they share one look at the log. */
function oncePerScrape(log: Pick<Log, 'metrics'>): () => LogMetrics | undefined {
  let seen: { metrics: LogMetrics | undefined } | undefined
  return () => {
    if (seen === undefined) {
      seen = { metrics: metricsOf(log) }
      queueMicrotask(() => {
        seen = undefined
      })
    }
    return seen.metrics
  }
}

/** Undefined: the log is closed. */
function metricsOf(log: Pick<Log, 'metrics'>): LogMetrics | undefined {
  try {
    return log.metrics()
  } catch {
    return undefined
  }
}

/** As prom-client has them: for each bound the number of values up to it, then all, their sum and number. */
function valuesOf(found: Histogram, bounds: readonly number[], unit: number): Value[] {
  const upTo = (bound: number) => {
    let below = 0
    // The same numbers may have been rounded in other ways.
    const limit = bound * (1 + 1e-9)
    for (const bucket of found.buckets) if (bucket.upTo <= limit) below += bucket.count
    return below
  }
  return [
    ...bounds.map((bound) => ({
      metricName: '_bucket',
      labels: { le: Number((bound * unit).toPrecision(6)) },
      value: upTo(bound),
    })),
    { metricName: '_bucket', labels: { le: '+Inf' }, value: found.count },
    { metricName: '_sum', labels: {}, value: found.sum * unit },
    { metricName: '_count', labels: {}, value: found.count },
  ]
}

function checkOptions(options: unknown) {
  const given = readOptions('registerMetrics', options, ['register', 'prefix', 'labels'])
  const { register = theirRegister, prefix = 'daybook_', labels = {} } = given
  if (!isRegistry(register)) throw invalidArgument('register must be a Registry of prom-client')
  if (typeof prefix !== 'string' || !/^([a-zA-Z_:][\w:]*)?$/.test(prefix)) {
    throw invalidArgument('prefix must be letters, digits, _ and :, and not begin with a digit')
  }
  return { register, prefix, labels: checkLabels(labels) }
}

function isRegistry(value: unknown): value is Registry {
  const { registerMetric, getSingleMetric } = (value ?? {}) as Partial<Registry>
  return typeof registerMetric === 'function' && typeof getSingleMetric === 'function'
}

function checkLabels(value: unknown): Readonly<Record<string, string>> {
  const ours = ['le', 'code', 'source', 'step']
  const labels: [string, unknown][] = typeof value === 'object' && value !== null ? Object.entries(value) : []
  const fits =
    typeof value === 'object' &&
    value !== null &&
    labels.every(
      ([name, label]) =>
        /^[a-zA-Z_]\w*$/.test(name) &&
        !name.startsWith('__') &&
        !ours.includes(name) &&
        typeof label === 'string',
    )
  if (!fits) throw invalidArgument(`labels must be an object of strings; ${ours.join(', ')} are taken`)
  return Object.freeze(Object.fromEntries(labels)) as Readonly<Record<string, string>>
}
