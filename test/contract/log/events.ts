// What a log publishes on channels of node:diagnostics_channel.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { CloseEvent, CommitEvent, OpenEvent } from '../../../src/log/event-types.js'
import { bytes, type Suite } from './harness.js'

/** What is published on a channel while `run` runs. */
async function published<E>(channel: string, run: () => Promise<unknown>): Promise<E[]> {
  const events: E[] = []
  const take = (event: unknown) => events.push(event as E)
  subscribe(channel, take)
  try {
    await run()
  } finally {
    unsubscribe(channel, take)
  }
  return events
}

export function eventsSuite({ scenario }: Suite): void {
  scenario('opening and closing are published for each handle', async ({ t, open }) => {
    const opened = await published<OpenEvent>('daybook:open', () => open())
    t.equal(opened.length, 1)
    const [{ directory, state, first, duration } = {} as OpenEvent] = opened
    t.equal(state, 'open')
    t.equal(first, false, 'the log was open already')
    t.ok(duration >= 0)
    t.ok(directory === null || directory.startsWith('/'))
    const another = await open()
    const ended = await published<CloseEvent>('daybook:close', async () => {
      await another.close()
      await another.close()
    })
    t.same(ended, [{ directory }])
  })

  scenario(
    'the first handle says that it is the first, and a log closed in peace needs no recovery',
    async ({ t, log, open }) => {
      await log.close()
      let opened: OpenEvent[] = []
      const recovered = await published('daybook:recovery', async () => {
        opened = await published<OpenEvent>('daybook:open', () => open())
      })
      t.equal(opened[0]?.first, true)
      t.same(recovered, [])
    },
  )

  scenario('acknowledged records are published, all of them and once', async ({ t, book }) => {
    await book.append(bytes('before'))
    let seqnums: number[] = []
    const commits = await published<CommitEvent>('daybook:commit', async () => {
      const singles = [1, 2, 3].map(() => book.append(bytes('x')))
      const group = await book.appendMany([{ data: bytes('y') }, { data: bytes('z') }])
      seqnums = [...(await Promise.all(singles)), ...group]
      await book.trim({ before: 1 })
      await book.append(bytes('refused'), { tags: [''] }).catch(() => {})
    })
    const told = commits.flatMap(({ records, firstSeqnum }) =>
      Array.from({ length: records }, (_, i) => firstSeqnum + i),
    )
    t.same(told.sort(byNumber), seqnums.sort(byNumber))
  })
}

const byNumber = (a: number, b: number) => a - b
