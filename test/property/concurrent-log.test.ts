// Many callers at once, on several handles: what each was told is noted, and judged by the order of the log.

import t from 'tap'
import { embeddedWorlds } from '../support/embedded-world.js'
import { finalLog, History, type NewItem } from '../support/history.js'
import { judge } from '../support/history-judge.js'
import { type LogWorldFactory, memoryWorlds } from '../support/log-world.js'
import { replay } from '../support/seed.js'

const books = ['red', 'green'] as const
const callers = 12
const stepsEach = 40
const rounds = 4

/** A sequence that a seed repeats (Numerical Recipes' linear congruential generator). */
function chance(seed: number) {
  let state = seed >>> 0
  return (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

async function play(worlds: LogWorldFactory, seed: number): Promise<string[]> {
  const world = await worlds.create()
  const below = chance(seed)
  const history = new History()
  const logs = [await world.open(), await world.open()] as const
  let records = 0
  const item = (): NewItem => ({ data: `${records++}`, tags: below(4) === 0 ? [] : [`t${below(3)}`] })

  const call = async (caller: number): Promise<void> => {
    const handle = caller % logs.length
    const log = logs[handle] ?? logs[0]
    const name = books[below(books.length)] ?? books[0]
    const book = history.recorded(log.book(name), name, { process: 'p', writer: `${handle}` })
    const tag = below(2) === 0 ? {} : { tag: `t${below(3)}` }
    switch (below(8)) {
      case 0:
        await book.append(Array.from({ length: 2 + below(4) }, item), { durability: 'os' })
        break
      case 1:
        await book.read({ ...tag })
        break
      case 2:
        await book.read({ ...tag, limit: 1 + below(8), reverse: below(2) === 0, from: below(200) })
        break
      case 3:
        await book.tail(tag.tag)
        break
      case 4:
        if (below(4) === 0) await book.trim(below(records))
        break
      default:
        await book.append([item()], { durability: below(2) === 0 ? 'os' : 'disk' })
    }
  }
  const loop = async (caller: number): Promise<void> => {
    for (let step = 0; step < stepsEach; step++) await call(caller)
  }
  try {
    await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)))
    return judge(history.events, await finalLog(logs[0], books))
  } finally {
    await Promise.all(logs.map((log) => log.close()))
    await world.cleanup()
  }
}

for (const worlds of [memoryWorlds, embeddedWorlds]) {
  t.test(`what ${callers} callers of the ${worlds.name} are told fits together`, async (t) => {
    const { seed = Math.floor(Math.random() * 2 ** 31) } = replay()
    t.comment(`replay with DAYBOOK_SEED=${seed}`)
    for (let round = 0; round < rounds; round++)
      t.strictSame((await play(worlds, seed + round)).slice(0, 10), [], `round ${round}`)
  })
}
