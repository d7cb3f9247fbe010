// Limits of appends: sizes, counts, and how much may be pending.

import { isDaybookError } from '../../../src/log/errors.js'
import { bytes, collect, rejects, type Suite, soon, text, turnOfLoop } from './harness.js'

const KiB = 1024
const tooLarge = { code: 'ERR_DAYBOOK_TOO_LARGE', outcome: 'notWritten', base: RangeError } as const

export function appendLimitsSuite({ scenario }: Suite): void {
  scenario(
    'a record of exactly maxRecordBytes is taken, one byte more is not',
    async ({ t, book }) => {
      const exact = await book.append(new Uint8Array(4 * KiB), { tags: ['tags', 'do', 'not', 'count'] })
      const over = new Uint8Array(4 * KiB + 1)
      const message = /maxRecordBytes \(4096\)/
      await rejects(t, () => book.append(over), { ...tooLarge, message }, 'append')
      const group = [{ data: bytes('good') }, { data: over }]
      await rejects(t, () => book.appendMany(group), { ...tooLarge, message }, 'appendMany')
      const behind = await book.append(bytes('behind'))
      t.same(
        (await collect(book.read())).map((record) => record.seqnum),
        [exact, behind],
        'nothing of it was written',
      )
    },
    { maxRecordBytes: 4 * KiB },
  )

  scenario('a gigabyte is refused without being looked at', async ({ t, book }) => {
    const huge = new Uint8Array(2 ** 30)
    await rejects(t, () => book.append(huge), tooLarge, 'append')
    await rejects(t, () => book.appendMany([{ data: huge }]), tooLarge, 'appendMany')
    t.equal(await book.tail(), -1)
  })

  scenario(
    'a group of exactly maxGroupBytes is taken, one byte more is not',
    async ({ t, book }) => {
      const tags = ['four', '€'] // 7 bytes
      const items = Array.from({ length: 4 }, () => ({ data: new Uint8Array(1017), tags }))
      t.equal((await book.appendMany(items)).length, 4)
      const message = /maxGroupBytes \(4096\)/
      const over = [...items, { data: new Uint8Array(1) }]
      await rejects(t, () => book.appendMany(over), { ...tooLarge, message }, 'one byte of data more')
      const byTag = [...items, { data: new Uint8Array(0), tags: ['x'] }]
      await rejects(t, () => book.appendMany(byTag), { ...tooLarge, message }, 'one byte of tags more')
      t.equal((await collect(book.read())).length, 4)
    },
    { maxGroupBytes: 4 * KiB },
  )

  scenario('a group has at most 65,536 records', async ({ t, book }) => {
    const item = { data: new Uint8Array(0) }
    const message = /65537 records is over the limit of 65536/
    const over = Array.from({ length: 65_537 }, () => item)
    await rejects(t, () => book.appendMany(over), { ...tooLarge, message }, 'one too many')
    const given = await book.appendMany(over.slice(1))
    t.equal(given.length, 65_536)
    t.equal(given[65_535], (given[0] as number) + 65_535)
    t.equal(await book.tail(), given[65_535])
  })

  scenario(
    'over maxPendingBytes appends are refused until ready() resolves',
    async ({ t, log, book }) => {
      const data = Buffer.alloc(4 * KiB, 'x')
      const attempts = Array.from({ length: 64 }, (_, i) =>
        book.append(data, { tags: [`n:${i}`] }).then(
          () => i,
          (error: unknown) => error,
        ),
      )
      const ready = log.ready()
      const results = await soon(Promise.all(attempts), 'appends')
      const taken = results.filter((result) => typeof result === 'number')
      const refused = results.filter((result) => typeof result !== 'number')
      t.ok(taken.length >= 16, 'at least what fits into the limit is taken')
      t.ok(refused.length > 0, 'what is far over it is not')
      for (const error of refused) {
        t.ok(isDaybookError(error) && error.code === 'ERR_DAYBOOK_OVERLOADED')
        t.match(error, { retryable: true, outcome: 'notWritten' })
      }
      await soon(ready, 'ready')
      const behind = await book.append(bytes('behind'))
      t.equal(await book.tail(), behind)
      const there = await collect(book.read())
      t.same(
        there.slice(0, -1).map((record) => record.tags[0]),
        taken.map((i) => `n:${i}`),
      )
    },
    { maxPendingBytes: 64 * KiB },
  )

  scenario(
    'retrying after ready() gets everything in, and lets others run',
    async ({ t, log, book }) => {
      const data = Buffer.alloc(8 * KiB, 'x')
      const retried = async (i: number): Promise<number> => {
        for (;;) {
          try {
            return await book.append(data, { tags: [`n:${i}`] })
          } catch (error) {
            if (!isDaybookError(error) || error.code !== 'ERR_DAYBOOK_OVERLOADED') throw error
            await log.ready()
          }
        }
      }
      const given = await soon(
        Promise.all(Array.from({ length: 60 }, (_, i) => retried(i))),
        'retried appends',
      )
      t.equal(new Set(given).size, 60)
      t.equal((await collect(book.read())).length, 60)
    },
    { maxPendingBytes: 64 * KiB },
  )

  scenario(
    'one call larger than maxPendingBytes is taken when nothing else is pending',
    async ({ t, log, book }) => {
      const first = book.append(Buffer.alloc(100 * KiB, 'a'))
      await rejects(
        t,
        () => book.append(bytes('b')),
        { code: 'ERR_DAYBOOK_OVERLOADED', outcome: 'notWritten' },
        'next',
      )
      t.equal((await book.get(await first))?.data.byteLength, 100 * KiB)
      await log.ready()
      await turnOfLoop()
      t.equal(text(await book.get(await book.append(bytes('c')))), 'c')
    },
    { maxPendingBytes: 64 * KiB },
  )
}
