// What a reader asks of its backend, and when: with a backend whose every answer the test gives.

import t from 'tap'
import type { LogBackend, ScanRequest, ScanResult } from '../../../src/log/backend.js'
import { ReadArguments, takesRange, takesReader, takesSignal } from '../../../src/log/call-options.js'
import { HandleCounts } from '../../../src/log/handle-counts.js'
import type { Position } from '../../../src/log/position.js'
import { LogReader } from '../../../src/log/reader.js'
import { StoredRecord } from '../../../src/log/record.js'
import type { LogRecord, ReadOptions } from '../../../src/log/types.js'

type Records = LogRecord<Uint8Array>[]

const record = (seqnum: number): LogRecord<Uint8Array> =>
  new StoredRecord<Uint8Array>(undefined, seqnum, 0, Buffer.alloc(1), 0, 1, 0, 0)
const numbered = (from: number, count: number): Records =>
  Array.from({ length: count }, (_, i) => record(from + i))

/** A book whose records are set by the test; scans see them at once. */
class FakeBackend {
  records: Records = []
  mark = 0
  readonly requests: ScanRequest[] = []
  readonly watchers = new Set<() => void>()
  tails = 0
  onWatch = (): void => {}
  onScan = (): void => {}

  async scan(request: ScanRequest): Promise<ScanResult<Uint8Array>> {
    this.requests.push(request)
    const { from, to, limit, reverse } = request
    const fitting = this.records.filter(({ seqnum }) => seqnum >= from && seqnum <= to && seqnum >= this.mark)
    if (reverse) fitting.reverse()
    this.onScan()
    return { records: fitting.slice(0, limit), more: fitting.length > limit }
  }

  async tail(): Promise<number> {
    this.tails++
    return this.records.filter(({ seqnum }) => seqnum >= this.mark).at(-1)?.seqnum ?? -1
  }

  readonly counts = new HandleCounts()

  trimmedBefore(): number {
    return this.mark
  }

  tagTrimmedBefore(): number {
    return 0
  }

  position(): Position {
    return { incarnation: '', term: 1, index: 1 }
  }

  watch(changed: () => void): () => void {
    this.watchers.add(changed)
    this.onWatch()
    return () => this.watchers.delete(changed)
  }

  commit(...records: Records): void {
    this.records.push(...records)
    for (const changed of [...this.watchers]) changed()
  }

  read(options: ReadOptions = {}): LogReader<Uint8Array> {
    const args = new ReadArguments().read('read', options, takesRange | takesSignal | takesReader)
    return new LogReader(this as unknown as LogBackend, 0, undefined, args)
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('batches grow from 64 to 1024 records while there is more', async (t) => {
  const backend = new FakeBackend()
  backend.records = numbered(0, 5000)
  const lengths: number[] = []
  for await (const batch of backend.read().batches()) lengths.push(batch.length)
  t.same(lengths, [64, 128, 256, 512, 1024, 1024, 1024, 968])
  t.equal(backend.tails, 1, 'the tail is looked up once, because the first batch was not all')
})

t.test('a short read asks once, and for nothing else', async (t) => {
  const backend = new FakeBackend()
  backend.records = numbered(0, 3)
  for await (const _ of backend.read());
  t.equal(backend.requests.length, 1)
  t.equal(backend.tails, 0)
  for await (const _ of backend.read({ limit: 3 }).batches());
  t.equal(backend.requests.length, 2)
  t.equal(backend.requests[1]?.limit, 3)
})

t.test('bounds that leave nothing ask nothing', async (t) => {
  const backend = new FakeBackend()
  for await (const _ of backend.read({ from: 5, before: 5 }));
  for await (const _ of backend.read({ limit: 0 }));
  t.equal(backend.requests.length, 0)
})

t.test('a commit between the first look and the subscription is seen', async (t) => {
  const backend = new FakeBackend()
  backend.onWatch = () => backend.records.push(record(7))
  const { value } = await backend.read({ live: true })[Symbol.asyncIterator]().next()
  t.equal(value.seqnum, 7)
})

t.test('a commit while the subscribed reader looks is seen', async (t) => {
  const backend = new FakeBackend()
  let scans = 0
  backend.onScan = () => {
    // The result of this scan has been taken already: only the wake-up tells.
    if (++scans === 2) backend.commit(record(7))
  }
  const { value } = await backend.read({ live: true })[Symbol.asyncIterator]().next()
  t.equal(value.seqnum, 7)
})

t.test('a live reader subscribes only while a step waits', async (t) => {
  const backend = new FakeBackend()
  backend.records = numbered(0, 2)
  const iterator = backend.read({ live: true })[Symbol.asyncIterator]()
  await iterator.next()
  await iterator.next()
  t.equal(backend.watchers.size, 0)
  const step = iterator.next()
  await turn()
  t.equal(backend.watchers.size, 1)
  backend.commit(record(2))
  await step
  t.equal(backend.watchers.size, 0)
  const last = iterator.next()
  await turn()
  await iterator.return?.()
  t.same(await last, { done: true, value: undefined })
  t.equal(backend.watchers.size, 0)
})

t.test('a wake-up for nothing leads to one look, and waiting goes on', async (t) => {
  const backend = new FakeBackend()
  const step = backend.read({ live: true })[Symbol.asyncIterator]().next()
  await turn()
  const before = backend.requests.length
  backend.commit()
  await turn()
  t.equal(backend.requests.length, before + 1)
  backend.commit(record(1))
  t.equal((await step).value.seqnum, 1)
})

t.test('an abort does not wait for a scan that hangs', async (t) => {
  const backend = new FakeBackend()
  backend.scan = () => new Promise(() => {})
  const controller = new AbortController()
  const step = backend.read({ signal: controller.signal })[Symbol.asyncIterator]().next()
  controller.abort(new Error('enough'))
  await t.rejects(step, { message: 'enough' })
})

t.test('a failed scan ends the reader, once', async (t) => {
  const backend = new FakeBackend()
  const failure = new Error('the disk failed')
  backend.scan = () => Promise.reject(failure)
  const iterator = backend.read({ live: true })[Symbol.asyncIterator]()
  const steps = await Promise.allSettled([iterator.next(), iterator.next()])
  t.match(steps[0], { status: 'rejected', reason: failure })
  t.match(steps[1], { status: 'fulfilled', value: { done: true } })
  t.equal(backend.watchers.size, 0)
})

t.test('onTrim: error, forwards', async (t) => {
  const cases = [
    { name: 'trimmed before the read', markAtStart: 5, markThen: 5, fails: false },
    { name: 'trimmed up to where the reader is', markAtStart: 0, markThen: 64, fails: false },
    { name: 'one record that was not read', markAtStart: 0, markThen: 65, fails: true },
    { name: 'all that was left', markAtStart: 0, markThen: 200, fails: true },
  ]
  for (const { name, markAtStart, markThen, fails } of cases) {
    const backend = new FakeBackend()
    backend.records = numbered(0, 200)
    backend.mark = markAtStart
    const batches = backend.read({ onTrim: 'error', to: 199 }).batches()
    const first = await batches.next()
    t.equal(first.value.length, 64)
    backend.mark = markThen === 64 ? first.value.at(-1).seqnum + 1 : markThen
    if (fails) await t.rejects(batches.next(), { code: 'ERR_DAYBOOK_TRIMMED' }, name)
    else t.equal((await batches.next()).value.length, 128, name)
  }
})

t.test('onTrim: error, a trim while the records are already at hand is not missed by them', async (t) => {
  const backend = new FakeBackend()
  backend.records = numbered(0, 10)
  backend.onScan = () => {
    backend.mark = 5
  }
  const batches = backend.read({ onTrim: 'error' }).batches()
  t.equal((await batches.next()).value.length, 10)
  t.same(await batches.next(), { done: true, value: undefined })
})

t.test('onTrim: error, trimmed before the first step', async (t) => {
  const backend = new FakeBackend()
  backend.records = numbered(0, 10)
  const missed = backend.read({ onTrim: 'error' }).batches()
  const outside = backend.read({ onTrim: 'error', from: 5 }).batches()
  const skipping = backend.read().batches()
  backend.mark = 5
  await t.rejects(missed.next(), { code: 'ERR_DAYBOOK_TRIMMED' })
  t.equal((await outside.next()).value.length, 5)
  t.equal((await skipping.next()).value.length, 5)
})

t.test('a step asked for later does not overtake one that waits', async (t) => {
  const backend = new FakeBackend()
  backend.records = numbered(0, 10)
  const iterator = backend.read()[Symbol.asyncIterator]()
  const seqnumOf = async (step: Promise<IteratorResult<LogRecord<Uint8Array>>>) => (await step).value?.seqnum
  const first = iterator.next()
  const second = seqnumOf(iterator.next())
  // Asked for at the very moment at which the first one has been answered.
  const third = first.then(() => seqnumOf(iterator.next()))
  t.same([(await first).value.seqnum, await second, await third], [0, 1, 2])
})
