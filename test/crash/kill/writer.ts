// The process that is killed: it loads a log in all the ways that there are, and says what it is about to do
// and what was acknowledged. Its order comes as a line on its
// input, so that it can be started before it is wanted. Lines for `startChild`.

/** Callers that append at the same time, each waiting for its own. */
export const callers = 48

/** The most records of a book that is told to keep no more. */
export const kept = 300

export interface Order {
  /** Number of the first append; each has one of its own. */
  readonly first: number
  readonly seed: number
  readonly durabilities: readonly ('disk' | 'os')[]
  readonly options: { readonly lanes: number } & Record<string, number>
}

/**
 * What it says: `['open']`; `[book, number, count, seqnum]` for each acknowledged append; `['cut', book,
 * before]` when it is about to trim or drop a book, and `['done', book, before]` when that was acknowledged.
 */
export const writer = `
const line = await new Promise((resolve) => process.stdin.once('data', resolve))
process.stdin.destroy()
const { first, seed, durabilities, options } = JSON.parse(line.toString())
say(['opening'])
const log = await open(directory, options)
say(['open'])
let random = seed
const below = (bound) => {
  random = (Math.imul(random, 1103515245) + 12345) >>> 0
  return Math.floor((random / 2 ** 32) * bound)
}
const names = ['trimmed', 'retained', 'dropped', 'kept']
const books = Object.fromEntries(names.map((name) => [name, log.book(name)]))
let next = first
let toDrop = 0
let isDropping = false
const append = async () => {
  const dice = below(100)
  const wanted = dice < 50 ? 'trimmed' : dice < 70 ? 'retained' : dice < 95 ? 'dropped' : 'kept'
  const name = wanted === 'dropped' && isDropping ? 'trimmed' : wanted
  const number = next++
  const count = below(5) === 0 ? 2 + below(4) : 1
  const size = below(20) === 0 ? below(20000) : below(900)
  const tags = ['all', 'ten:' + (number % 10)]
  const durability = durabilities[below(durabilities.length)]
  const data = (i) => Buffer.from((number + '/' + i + '/' + count + ' ').padEnd(size, '.'))
  if (name === 'dropped') toDrop++
  const seqnums =
    count === 1
      ? [await books[name].append(data(0), { tags, durability })]
      : await books[name].appendMany(
          Array.from({ length: count }, (_, i) => ({ data: data(i), tags })),
          { durability },
        )
  if (name === 'dropped') toDrop--
  say([name, number, count, seqnums[0]])
}
const cut = async (name, before, work) => {
  say(['cut', name, before])
  await work()
  say(['done', name, before])
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const trims = async () => {
  const before = books.trimmed.tailSync() + 1 - below(3000)
  if (before > 0) await cut('trimmed', before, () => books.trimmed.trim({ before }))
}
const drops = async () => {
  isDropping = true
  while (toDrop > 0) await pause(1)
  const before = books.dropped.tailSync() + 1
  if (before > 0) await cut('dropped', before, () => log.drop('dropped'))
  isDropping = false
}
const reads = async () => {
  const tag = 'ten:' + below(10)
  const last = await books.trimmed.readPrev({ tag })
  if (last === null) return
  const from = last.seqnum - below(5000)
  for await (const record of books.trimmed.read({ tag, from: Math.max(from, 0), limit: 100 }))
    if (!record.tags.includes(tag)) throw new Error('seqnum ' + record.seqnum + ' without ' + tag)
}
const forever = async (work) => {
  while (true) await work()
}
void books.retained.retain({ maxRecords: ${kept} })
for (let caller = 0; caller < ${callers}; caller++) void forever(append)
void forever(async () => {
  await pause(5 + below(50))
  await (below(4) === 0 ? drops() : trims())
})
void forever(async () => {
  await pause(below(20))
  await reads()
})
`
