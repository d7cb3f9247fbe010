// What a book asks of its backend, with a backend whose answers the test gives.

import t from 'tap'
import type { LogBackend, ScanResult } from '../../../src/log/backend.js'
import { HandleCounts } from '../../../src/log/handle-counts.js'
import { LogBook } from '../../../src/log/log-book.js'

const settings = { durability: 'os', maxRecordBytes: 1024, maxGroupBytes: 4096 } as const

function bookOver(backend: Partial<LogBackend>): LogBook<Uint8Array> {
  const counts = new HandleCounts()
  const base = {
    settings,
    counts,
    openBook: () => 7,
    checkOpen: () => {},
    trimmedBefore: () => 0,
    tagTrimmedBefore: () => 0,
  }
  return new LogBook<Uint8Array>({ ...base, ...backend } as LogBackend, 'book', undefined)
}

t.test('a record that is trimmed while it is looked for counts as trimmed, not as absent', async (t) => {
  let mark = 0
  const trimMeanwhile = (): ScanResult<never> => {
    mark = 10
    return { records: [], more: false }
  }
  const book = bookOver({
    trimmedBefore: () => mark,
    scan: async () => trimMeanwhile(),
    scanSync: trimMeanwhile,
  })
  await t.rejects(book.get(5), { code: 'ERR_DAYBOOK_TRIMMED' })
  mark = 0
  t.throws(() => book.getSync(5), { code: 'ERR_DAYBOOK_TRIMMED' })
})

t.test('the promise of the backend is handed on as it is, where there is no signal', async (t) => {
  const given = Promise.resolve(5)
  const calls: unknown[][] = []
  const append = (...args: unknown[]): Promise<number> => {
    calls.push(args)
    return given
  }
  const book = bookOver({ append })
  const data = Buffer.from('x')
  const tags = ['a', 'b']
  t.equal(book.append(data, { tags }), given)
  t.same(calls, [[7, data, tags, 'os', undefined]])
  t.equal(calls[0]?.[1], data, 'not copied: the backend does that')
  t.not(calls[0]?.[2], tags, 'the tags that were checked, whatever the caller does to his')
  await book.append(data, { durability: 'disk' })
  t.equal(calls[1]?.[3], 'disk')
})

t.test('a backend that throws makes a rejection', async (t) => {
  const failure = new Error('from the backend')
  const fails = (): never => {
    throw failure
  }
  const book = bookOver({
    append: fails,
    appendMany: fails,
    scan: fails,
    tail: fails,
    trim: fails,
    seqnumAt: fails,
  })
  await t.rejects(book.append(Buffer.from('x')), { outcome: 'notWritten', cause: failure })
  await t.rejects(book.appendMany([{ data: Buffer.from('x') }]), { outcome: 'notWritten', cause: failure })
  await t.rejects(book.readNext(), failure)
  await t.rejects(book.get(1), failure)
  await t.rejects(book.tail(), failure)
  await t.rejects(book.trim({ before: 1 }), { outcome: 'notWritten', cause: failure })
  await t.rejects(book.seqnumAt(new Date()), failure)
})

t.test(
  'bounds reach the backend as two inclusive seqnums, and nothing is asked when they leave nothing',
  async (t) => {
    const asked: unknown[] = []
    const scanSync = ({ from, to }: { from: number; to: number }): ScanResult<never> => {
      asked.push([from, to])
      return { records: [], more: false }
    }
    const book = bookOver({ scanSync: scanSync as LogBackend['scanSync'] })
    const max = Number.MAX_SAFE_INTEGER
    book.readNextSync()
    book.readNextSync({ from: -1, to: Number.POSITIVE_INFINITY })
    book.readNextSync({ after: -1, before: 5 })
    book.readNextSync({ from: 3, after: 3, to: 9, before: 9 })
    book.readNextSync({ from: max, to: max })
    t.same(asked.splice(0), [
      [0, max],
      [0, max],
      [0, 4],
      [4, 8],
      [max, max],
    ])
    for (const empty of [
      { after: max },
      { from: Number.POSITIVE_INFINITY },
      { to: -1 },
      { before: 0 },
      { from: 5, to: 4 },
    ]) {
      t.equal(book.readPrevSync(empty), null)
    }
    t.same(asked, [])
  },
)
