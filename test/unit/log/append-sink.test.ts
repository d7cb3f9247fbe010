// What a sink hands to its book, and when: with a book whose every answer the test gives.

import t from 'tap'
import { AppendSink, type AppendTarget } from '../../../src/log/append-sink.js'
import type { AppendItem } from '../../../src/log/backend.js'
import { errorFromCode } from '../../../src/log/errors.js'

interface Call {
  readonly values: string[]
  readonly resolve: (seqnums: number[]) => void
  readonly reject: (error: unknown) => void
}

/** A book that is answered by hand, whose codec has one buffer and uses it again in every turn. */
class FakeBook implements AppendTarget {
  readonly groupBytesMax = 4
  readonly calls: Call[] = []
  makeRoom = (): void => {}
  readonly #shared = Buffer.alloc(64)
  #used = 0

  itemOf(written: unknown): AppendItem {
    const end = this.#used + this.#shared.write(String(written), this.#used)
    const data = this.#shared.subarray(this.#used, end)
    this.#used = end
    return { data, tags: [] }
  }

  append(group: readonly AppendItem[]): Promise<number[]> {
    const values = group.map(({ data }) => Buffer.from(data).toString())
    this.#shared.fill(0)
    this.#used = 0
    return new Promise((resolve, reject) => this.calls.push({ values, resolve, reject }))
  }

  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.makeRoom = resolve
    })
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('one group is under way at a time, and what did not fit is encoded again', async (t) => {
  const book = new FakeBook()
  const told: number[] = []
  const work = new AppendSink(book, (seqnums) => told.push(...seqnums)).write(['aa', 'bb', 'cc', 'd'])
  await turn()
  t.same(
    book.calls.map(({ values }) => values),
    [['aa', 'bb']],
  )
  book.calls[0]?.resolve([1, 2])
  await turn()
  t.same(book.calls[1]?.values, ['cc', 'd'])
  t.same(told, [1, 2])
  book.calls[1]?.resolve([3, 4])
  await work
  t.same(told, [1, 2, 3, 4])
})

t.test('nothing behind a group that failed is begun', async (t) => {
  const book = new FakeBook()
  const work = new AppendSink(book, undefined).write(['aa', 'bb', 'cc', 'dd', 'ee'])
  book.calls[0]?.resolve([1, 2])
  await turn()
  const shared = errorFromCode('ERR_DAYBOOK_IO', 'the disk failed', { outcome: 'unknown' })
  book.calls[1]?.reject(shared)
  await t.rejects(work, {
    code: 'ERR_DAYBOOK_IO',
    outcome: 'unknown',
    acknowledged: 2,
    message: 'the disk failed (behind 2 records of the stream)',
  })
  t.equal(book.calls.length, 2)
  t.equal(shared.message, 'the disk failed', 'others have the same object')
  t.notOk('acknowledged' in shared)
})

t.test('a group that was refused for want of room is made again when there is some', async (t) => {
  const book = new FakeBook()
  const work = new AppendSink(book, undefined).write(['aa', 'b'])
  book.calls[0]?.reject(errorFromCode('ERR_DAYBOOK_OVERLOADED', 'full', { outcome: 'notWritten' }))
  await turn()
  t.equal(book.calls.length, 1, 'it waits')
  book.makeRoom()
  await turn()
  t.same(book.calls[1]?.values, ['aa', 'b'])
  book.calls[1]?.resolve([1, 2])
  await work
})

t.test('a sink that is stopped waits for what is under way, and not for room', async (t) => {
  const book = new FakeBook()
  const sink = new AppendSink(book, undefined)
  const work = sink.write(['aa', 'bb', 'cc'])
  let stopped = false
  const stopping = sink.stop().then(() => {
    stopped = true
  })
  await turn()
  t.notOk(stopped)
  book.calls[0]?.resolve([1, 2])
  await stopping
  await work
  t.equal(book.calls.length, 1, 'no further group')

  const full = new FakeBook()
  const waiting = new AppendSink(full, undefined)
  const write = waiting.write(['aa'])
  full.calls[0]?.reject(errorFromCode('ERR_DAYBOOK_OVERLOADED', 'full', { outcome: 'notWritten' }))
  await turn()
  await waiting.stop()
  await write
  t.equal(full.calls.length, 1)
})
