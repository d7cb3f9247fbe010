// The in-memory log against itself: the commands mean what they say, and a log that breaks one of its
// promises is found out.

import t from 'tap'
import type { EmbeddedBook, EmbeddedLog } from '../../src/log/types.js'
import { type LogWorldFactory, memoryWorlds } from '../support/log-world.js'
import { drives } from './drives.js'

/** The in-memory log with some calls of its books replaced. */
function broken(name: string, change: (book: EmbeddedBook) => Partial<EmbeddedBook>): LogWorldFactory {
  return {
    name,
    async create() {
      const world = await memoryWorlds.create()
      return {
        async open(options) {
          const log = await world.open(options)
          const book = (bookName: string): EmbeddedBook =>
            overlay(log.book(bookName), change(log.book(bookName)))
          return overlay(log, { book } as Partial<EmbeddedLog>)
        },
        cleanup: () => world.cleanup(),
      }
    },
  }
}

/** `target` with the calls of `changes` in place of its own. */
function overlay<T extends object>(target: T, changes: Partial<T>): T {
  return new Proxy(target, {
    get(_, key) {
      const source: object = key in changes ? changes : target
      const value: unknown = Reflect.get(source, key)
      return typeof value === 'function' ? value.bind(source) : value
    },
  })
}

const breakages = [
  broken('an upper bound that is one too low', (book) => ({
    readPrev: (options) =>
      book.readPrev({ ...options, to: options?.to === undefined ? undefined : options.to - 1 }),
  })),
  broken('a tag that is not looked at', (book) => ({ tailSync: () => book.tailSync() })),
  broken('a limit that is one too high', (book) => ({
    read: (options = {}) => book.read({ ...options, limit: (options.limit ?? Number.POSITIVE_INFINITY) + 1 }),
  })),
  broken('a trim that forgets one record too many', (book) => ({
    trim: ({ before }) => book.trim({ before: before + 1 }),
  })),
  broken('a trim that does nothing', () => ({ trim: async () => {} })),
  broken('duplicates that lose the order of tags', (book) => ({
    append: (data, options = {}) =>
      book.append(data, { ...options, tags: [...new Set(options.tags)].reverse() }),
  })),
  broken('a group that loses its last record', (book) => ({
    appendMany: async (items, options) => {
      const given = await book.appendMany(items.slice(0, -1), options)
      return items.length === 0 ? given : [...given, (given.at(-1) ?? book.tailSync()) + 1]
    },
  })),
]

t.test('the in-memory log behaves like itself', async (t) => {
  await drives(memoryWorlds, memoryWorlds, { runs: 150 })
  t.pass('all sequences gave the same answers')
})

for (const worlds of breakages) {
  t.test(`found out: ${worlds.name}`, async (t) => {
    await t.rejects(drives(memoryWorlds, worlds, { runs: 300, seed: 1, shrink: false }), {
      message: /replay with DAYBOOK_SEED=-?\d+:/,
    })
  })
}
