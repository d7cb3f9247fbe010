// kill -9 of the writer under load. What was acknowledged is remembered here, outside of the killed process.

import t from 'tap'
import { open } from '../../src/embedded/index.js'
import type { EmbeddedLog } from '../../src/log/types.js'
import { replay } from '../support/seed.js'
import { tempDirectory } from '../support/temp-directory.js'
import { startChild } from './child.js'

const rounds = 6
const callers = 64

/** Appends for ever, and says which seqnum each acknowledged record has got. */
const writer = `
const log = await open(directory, { segmentBytes: 1048576 })
const book = log.book('load')
let next = Number(args[0])
const once = async () => {
  const number = next++
  const data = Buffer.from(String(number).padEnd(50 + (number % 7) * 300, '.'))
  const tags = ['all', 'ten:' + (number % 10)]
  if (number % 5 === 0) {
    const seqnums = await book.appendMany([{ data, tags }, { data, tags }])
    say([number, ...seqnums])
  } else {
    say([number, await book.append(data, { tags, durability: args[1] })])
  }
}
for (let caller = 0; caller < ${callers}; caller++) (async () => { while (true) await once() })()
`

async function readAll(log: EmbeddedLog, tag: string): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  for await (const records of log.book('load').read({ tag }).batches()) {
    for (const record of records) found.set(record.seqnum, Buffer.from(record.data).toString())
  }
  return found
}

for (const durability of ['disk', 'os'] as const) {
  t.test(`a killed writer loses nothing that was acknowledged (${durability})`, async (t) => {
    const directory = await tempDirectory()
    t.teardown(() => directory.remove())
    const acknowledged = new Map<number, string>()
    let random = replay().seed ?? Math.floor(Math.random() * 2 ** 31)
    t.comment(`DAYBOOK_SEED=${random} repeats the moments of the kills, as far as the machine lets it`)
    let next = 0
    for (let round = 0; round < rounds; round++) {
      random = (random * 1103515245 + 12345) % 2147483648
      const enough = acknowledged.size + 20 + (random % 400)
      const child = startChild(writer, [directory.path, String(next), durability])
      for await (const line of child.lines) {
        const [number, ...seqnums] = line as [number, ...number[]]
        for (const seqnum of seqnums) acknowledged.set(seqnum, String(number))
        next = Math.max(next, number + 1)
        if (acknowledged.size >= enough && !child.process.killed) child.process.kill('SIGKILL')
      }
      const { signal, errors } = await child.end()
      t.equal(signal, 'SIGKILL', errors)
      next += callers

      const log = await open(directory.path)
      const found = await readAll(log, 'all')
      const byTen = new Map<number, string>()
      for (let ten = 0; ten < 10; ten++)
        for (const [seqnum, data] of await readAll(log, `ten:${ten}`)) byTen.set(seqnum, data)
      await log.close()
      const lost = [...acknowledged].filter(([seqnum, number]) => found.get(seqnum)?.split('.')[0] !== number)
      t.same(lost, [], `round ${round}: every acknowledged record is in place`)
      t.equal(byTen.size, found.size, 'each is under both of its tags')
      const surplus = [...found.keys()].filter((seqnum) => !acknowledged.has(seqnum))
      t.ok(surplus.length <= 2 * callers * (round + 1), 'what is there besides was in flight')
      for (const seqnum of surplus)
        acknowledged.set(seqnum, (found.get(seqnum) as string).split('.')[0] as string)
      const numbers = [...found.values()].map((data) => data.split('.')[0] as string)
      const repeated = numbers.filter(
        (number, i) => Number(number) % 5 !== 0 && numbers.indexOf(number) !== i,
      )
      t.same(repeated, [], 'nothing appears twice')
    }
  })
}
