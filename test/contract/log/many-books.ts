// A log of 100,000 books: opening, writing, listing and dropping them stay cheap.

import type { EmbeddedBook } from '../../../src/log/types.js'
import { bytes, type Suite } from './harness.js'

const books = 100_000
const wave = 20_000
const nameOf = (i: number): string => `tenant:${String(i).padStart(6, '0')}:events of a tenant`

export function manyBooksSuite({ scenario }: Suite): void {
  scenario('a hundred thousand books', async ({ t, log, open }) => {
    const before = process.memoryUsage()
    const views: EmbeddedBook[] = Array.from({ length: books }, (_, i) => log.book(nameOf(i)))
    t.same(await log.books(), [], 'opening them writes nothing')
    for (let first = 0; first < books; first += wave) {
      await Promise.all(views.slice(first, first + wave).map((book) => book.append(bytes('x'))))
    }
    const listed = await log.books()
    t.equal(listed.length, books)
    t.ok(
      listed.every(({ name }, i) => name === nameOf(i)),
      'in order, each once',
    )
    const after = process.memoryUsage()
    // A view and an entry of the list are some hundred bytes each; records and index come on top.
    const growth = (kind: 'heapUsed' | 'rss') => (after[kind] - before[kind]) / books
    t.ok(growth('heapUsed') < 6000, `${growth('heapUsed')} bytes of heap for each`)
    t.ok(growth('rss') < 10_000, `${growth('rss')} bytes for each`)

    const page = await log.books({ prefix: 'tenant:05', afterName: nameOf(50_123), limit: 10 })
    t.same(
      page.map(({ name }) => name),
      Array.from({ length: 10 }, (_, i) => nameOf(50_124 + i)),
    )
    await Promise.all(Array.from({ length: 1000 }, (_, i) => log.drop(nameOf(i))))
    t.equal((await log.stat()).books, books - 1000)
    await log.close()
    const again = await open()
    t.equal((await again.stat()).books, books - 1000)
    const [first] = await again.books({ limit: 1 })
    t.equal(first?.name, nameOf(1000))
    t.equal(again.book(nameOf(books - 1)).readPrevSync()?.data.length, 1)
  })
}
