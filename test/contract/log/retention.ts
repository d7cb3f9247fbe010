// What a book tells of how much it holds, and what it keeps of it by itself.

import type { Book, BookInfo, Log } from '../../../src/log/types.js'
import { appendAll, bytes, type Suite, seqnums, turnOfLoop } from './harness.js'

/** Trimming goes on in the background, along the log: appends elsewhere drive it. */
async function until(log: Log, holds: () => Promise<boolean>): Promise<boolean> {
  const other = log.book('driver')
  for (let i = 0; i < 2000; i++) {
    if (await holds()) return true
    await other.append(bytes('x'))
    await turnOfLoop()
  }
  return false
}

async function infoOf(log: Log, name: string): Promise<BookInfo | undefined> {
  return (await log.books({ prefix: name })).find((info) => info.name === name)
}

const keeps = (log: Log, book: Book, wanted: readonly number[]): Promise<boolean> =>
  until(log, async () => (await seqnums(book.read())).join() === wanted.join())

export function bookCountsSuite({ scenario }: Suite): void {
  scenario(
    'a book tells how many records it holds, and about how many bytes',
    async ({ t, log, book, open }) => {
      const tags = ['a', 'tag of 12 by']
      const given = await book.appendMany([
        { data: Buffer.alloc(1000), tags },
        { data: Buffer.alloc(500) },
        { data: Buffer.alloc(0), tags },
      ])
      const check = async (asked: Log, records: number, payload: number) => {
        const info = await infoOf(asked, 'book')
        t.equal(info?.records, records)
        const bytes = info?.bytes ?? -1
        t.ok(bytes >= payload && bytes <= payload + records * 32, `${bytes} for ${payload}`)
      }
      await check(log, 3, 1526)
      await book.trim({ before: given[1] as number })
      t.ok(await until(log, async () => (await infoOf(log, 'book'))?.records === 2), 'trimmed ones leave')
      await check(log, 2, 513)
      await log.close()
      const again = await open()
      t.ok(await until(again, async () => (await infoOf(again, 'book'))?.records === 2))
      await check(again, 2, 513)
      await again.book('book').trim({ before: Number.POSITIVE_INFINITY })
      t.ok(await until(again, async () => (await infoOf(again, 'book'))?.records === 0))
      await check(again, 0, 0)
    },
  )
}

export function retentionSuite({ scenario }: Suite): void {
  scenario('a book keeps its newest records', async ({ t, log, book }) => {
    const given = await appendAll(
      book,
      Array.from({ length: 10 }, () => ['a']),
    )
    await book.retain({ maxRecords: 4 })
    t.ok(await keeps(log, book, given.slice(6)), 'those that were there')
    const more = await appendAll(book, [[], [], []])
    t.ok(await keeps(log, book, [...given.slice(9), ...more]), 'and those that came later')
    await book.retain(null)
    const last = await appendAll(book, [[], [], []])
    t.ok(await keeps(log, book, [...given.slice(9), ...more, ...last]), 'until it is lifted')
  })

  scenario('a book keeps so many bytes', async ({ t, log, book }) => {
    const given = await book.appendMany(Array.from({ length: 10 }, () => ({ data: Buffer.alloc(1000) })))
    await book.retain({ maxBytes: 3500 })
    t.ok(await keeps(log, book, given.slice(7)))
    const [large] = await book.appendMany([{ data: Buffer.alloc(5000) }])
    t.ok(await keeps(log, book, []), 'a record that is larger than all that may be kept goes too')
    t.type(large, 'number')
  })

  scenario('a book keeps what is young enough', async ({ t, log, book }) => {
    await appendAll(book, [[], []])
    await book.retain({ maxAge: 1 })
    t.ok(await keeps(log, book, []), 'time passes with the log')
    await book.retain({ maxAge: 3_600_000 })
    const given = await appendAll(book, [[], []])
    await log.book('other').append(bytes('x'))
    t.same(await seqnums(book.read()), given)
  })

  scenario('other books keep theirs', async ({ t, log, book }) => {
    const other = log.book('other')
    const given = await appendAll(other, [[], [], []])
    await appendAll(book, [[], [], []])
    await book.retain({ maxRecords: 1, maxAge: 1, maxBytes: 1 })
    t.ok(await keeps(log, book, []))
    t.same(await seqnums(other.read()), given)
  })

  scenario('retention goes on after reopening', async ({ t, log, book, open }) => {
    await book.retain({ maxRecords: 2 })
    await log.close()
    const again = await open()
    const given = await appendAll(again.book('book'), [[], [], [], []])
    t.ok(await keeps(again, again.book('book'), given.slice(2)))
  })
}
