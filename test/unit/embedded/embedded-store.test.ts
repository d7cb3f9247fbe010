// The store over an addon that does only what a test tells it: a disk that never answers.

import t from 'tap'
import type { Events, NativeAddon, NativeHandle } from '../../../src/embedded/addon.js'
import { EmbeddedStore } from '../../../src/embedded/embedded-store.js'

function storeOver(changes: Partial<NativeAddon>): EmbeddedStore {
  const addon = {
    logReference() {},
    logWatch() {},
    logFailure: () => null,
    logSubmit: () => null,
    logTrim: () => null,
    logClose: () => new Promise<null>(() => {}),
    logEvents: (): Events => [false, [], []],
    recordsMemory() {},
    recordsRead: () => undefined,
    recordsAsk() {},
    auxPart: () => false,
    ...changes,
  } as unknown as NativeAddon
  const settings = {
    directory: 'none',
    readOnly: false,
    durability: 'disk',
    maxPendingBytes: 1000,
    maxRecordBytes: 1e6,
    maxGroupBytes: 1e6,
    auxBytes: 1e6,
  } as const
  return new EmbeddedStore(addon, {} as NativeHandle, settings, () => {})
}

const bytes = Buffer.from('data')
const anything = { book: 1, selected: null, from: 0, to: 10, reverse: false, limit: 1 }

t.test('close with a deadline settles what hangs: appends as unknown, reads as closed', async (t) => {
  const store = storeOver({})
  const append = t.rejects(store.append(1, bytes, [], 'disk'), {
    code: 'ERR_DAYBOOK_TIMEOUT',
    outcome: 'unknown',
  })
  const trim = t.rejects(store.trim(1, 5, null), { code: 'ERR_DAYBOOK_TIMEOUT' })
  const read = t.rejects(store.scan(anything, undefined), { code: 'ERR_DAYBOOK_CLOSED' })
  const closed = store.close(20)
  t.equal(store.status.state, 'closing')
  await Promise.all([append, trim, read, closed])
  t.equal(store.status.state, 'closed')
  t.equal(store.close(20), store.close(0), 'idempotent')
})

t.test('close ends those who wait for room', async (t) => {
  const store = storeOver({})
  const append = t.rejects(store.append(1, Buffer.alloc(2000), [], 'disk'), { code: 'ERR_DAYBOOK_TIMEOUT' })
  const ready = t.rejects(store.ready(), { code: 'ERR_DAYBOOK_CLOSED' })
  await Promise.all([append, ready, store.close(0)])
})

t.test(
  'what native code refuses to take is not written, and later appends are not mixed up with it',
  async (t) => {
    let refuses = true
    let store: EmbeddedStore
    store = storeOver({ logSubmit: () => (refuses ? [3, 'not enough memory', 0, false] : null) })
    const refused = { code: 'ERR_DAYBOOK_OVERLOADED', outcome: 'notWritten' }
    await Promise.all([
      t.rejects(store.append(1, bytes, [], 'disk'), refused),
      t.rejects(store.appendMany(1, [{ data: bytes, tags: [] }], 'disk'), refused),
    ])
    refuses = false
    const events: Events[] = [[false, [[null, false, 1, 41]], []]]
    store = storeOver({ logEvents: () => events.shift() as Events })
    const append = store.append(1, bytes, [], 'disk')
    queueMicrotask(() => store.onWake())
    t.equal(await append, 41)
  },
)

t.test('settlements reach the appends they belong to, in order', async (t) => {
  const events: Events[] = [
    [true, [[null, false, 3, 10]], []],
    [
      true,
      [
        [null, true, 0, 0],
        [[8, 'full', 28, false], false, 2, 0],
        [null, false, 1, 13],
      ],
      [],
    ],
  ]
  const store = storeOver({ logEvents: () => events.shift() as Events })
  const results = Promise.allSettled([
    store.append(1, bytes, [], 'disk'),
    store.appendMany(
      1,
      [
        { data: bytes, tags: [] },
        { data: bytes, tags: ['t'] },
      ],
      'disk',
    ),
    store.trim(1, 3, null),
    store.append(1, bytes, [], 'os'),
    store.append(2, bytes, [], 'os'),
    store.append(1, bytes, [], 'disk'),
  ])
  queueMicrotask(() => {
    store.onWake()
    store.onWake()
  })
  const settled = (await results).map((result) =>
    result.status === 'fulfilled' ? result.value : result.reason.code,
  )
  t.same(settled, [10, [11, 12], undefined, 'ERR_DAYBOOK_DISK_FULL', 'ERR_DAYBOOK_DISK_FULL', 13])
})
