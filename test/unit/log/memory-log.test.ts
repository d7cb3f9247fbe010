import t from 'tap'
import { openMemory } from '../../../src/log/memory-log.js'
import { MemoryStore } from '../../../src/log/memory-store.js'

const x = Buffer.from('x')

t.test('what one turn appends is one cut, with one time stamp from the given clock', async (t) => {
  let calls = 0
  const log = await openMemory({ now: () => 1000.7 + calls++ })
  const book = log.book('book')
  await Promise.all([
    book.append(x),
    log.book('other').append(x),
    book.appendMany([{ data: x }, { data: x }]),
  ])
  t.equal(calls, 1)
  t.equal((await book.readNext())?.timestamp, 1000)
  t.equal((await log.book('other').readNext())?.timestamp, 1000)
  t.equal((await book.readPrev())?.timestamp, 1000)
  await book.append(x)
  t.equal((await book.readPrev())?.timestamp, 1001)
  await log.close()
})

t.test('a clock that goes back, or makes no sense, does not move the time stamps', async (t) => {
  const times = [5000, 4000, Number.NaN, Number.NEGATIVE_INFINITY, 6000]
  const log = await openMemory({ now: () => times.shift() ?? 0 })
  const book = log.book('book')
  const stamps: (number | undefined)[] = []
  for (let i = 0; i < 6; i++) stamps.push((await book.get(await book.append(x)))?.timestamp)
  t.same(stamps, [5000, 5000, 5000, 5000, 6000, 6000])
  await log.close()
})

t.test('without a store each log is its own', async (t) => {
  const [one, other] = [await openMemory(), await openMemory()]
  await one.book('book').append(x)
  t.equal(await other.book('book').tail(), -1)
  await Promise.all([one.close(), other.close()])
})

t.test('a store is a MemoryStore, and nothing that looks like one', async (t) => {
  const store = new MemoryStore()
  await (await openMemory({ store })).close()
  for (const wrong of [{}, null, Object.create(null), MemoryStore]) {
    await t.rejects(openMemory({ store: wrong as MemoryStore }), { code: 'ERR_DAYBOOK_INVALID_ARG' })
  }
  await t.rejects(openMemory({ now: 5 as never }), { code: 'ERR_DAYBOOK_INVALID_ARG' })
})

t.test('a refused open leaves no handle behind', async (t) => {
  const store = new MemoryStore()
  await t.rejects(openMemory({ store, maxRecordBytes: 5 }))
  const log = await openMemory({ store, maxRecordBytes: 2048 })
  await t.rejects(openMemory({ store, maxRecordBytes: 4096 }))
  await log.close()
  await (await openMemory({ store, maxRecordBytes: 4096 })).close()
})

t.test('a waiting live reader keeps the process alive, an idle log does not', async (t) => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const log = await openMemory()
  const iterator = log.book('book').read({ live: true })[Symbol.asyncIterator]()
  t.equal(timers(), before)
  const step = iterator.next()
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(timers(), before + 1)
  await log.book('book').append(x)
  await step
  t.equal(timers(), before)
  const last = iterator.next()
  await new Promise((resolve) => setImmediate(resolve))
  await log.close()
  await t.rejects(last, { code: 'ERR_DAYBOOK_CLOSED' })
  t.equal(timers(), before)
})

t.test('one read hands out a bounded number of bytes at a time', async (t) => {
  const log = await openMemory()
  const book = log.book('book')
  for (let i = 0; i < 10; i++) await book.append(Buffer.alloc(2 ** 20))
  const lengths: number[] = []
  for await (const batch of book.read().batches()) lengths.push(batch.length)
  t.same(lengths, [4, 4, 2])
  await log.close()
})
