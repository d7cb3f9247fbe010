// Rounds of kill -9 under load: a process loads the log and is killed, and what it leaves is compared with
// what was acknowledged, which is remembered here, outside of the processes that are killed.

import { readdir } from 'node:fs/promises'
import type { Test } from 'tap'
import { open } from '../../../src/embedded/index.js'
import type { EmbeddedBook, EmbeddedLog } from '../../../src/log/types.js'
import { daybook } from '../../support/command-line.js'
import { replay } from '../../support/seed.js'
import { tempDirectory } from '../../support/temp-directory.js'
import { type Child, startChild } from '../child.js'
import { ExpectedBook, type FoundRecord, type Numbers, parseData, type ReadBook } from './expected-book.js'
import { callers, kept, type Order, writer } from './writer.js'

export interface Load {
  readonly lanes: number
  readonly durabilities: readonly ('disk' | 'os')[]
}

/** The smallest there are, so that everything that the background does is done all the time. */
const smallest = { memoryBytes: 2 ** 20, checkpointBytes: 2 ** 20, segmentBytes: 2 ** 20 }

/** For the file of the test as well. */
export const timeoutMs = 300_000

/** Of each file. `.ci/run` asks for more, so that they are more than a hundred in all. */
const rounds = Number(process.env['DAYBOOK_KILL_ROUNDS'] ?? 8)

/** Kills so many writers of one log, and judges after each. */
export async function killRounds(t: Test, load: Load): Promise<void> {
  const { lanes, durabilities } = load
  // Alone they take ten seconds or, all of them, a minute.
  t.setTimeout(timeoutMs)
  const directory = await tempDirectory('daybook-kill-')
  const seed = replay().seed ?? Math.floor(Math.random() * 2 ** 31)
  t.comment(`DAYBOOK_SEED=${seed} repeats the moments of the kills, as far as the machine lets it`)
  const chance = new Chance(seed)
  const life = new Life(directory.path, { lanes, ...smallest }, durabilities, chance)
  for (let round = 0; round < rounds; round++) {
    // Now and then the recovery is killed as well.
    await life.load(t)
    while (chance.below(5) === 0) await life.killOpening(t)
    if (round % 8 === 7) {
      const { code, stdout, stderr } = await daybook(['verify', directory.path])
      t.match({ code, stderr }, { code: 0, stderr: '' }, `round ${round}: what is left is sound\n${stdout}`)
    }
    const wrong = await life.judge()
    t.same(wrong, [], `round ${round}`)
    if (wrong.length > 0) {
      t.comment(`seed ${seed}, round ${round}: the directory stays: ${directory.path}`)
      return life.end()
    }
  }
  await life.end()
  t.comment(life.summary())
  const { runs, checkpoints, rewritten, segments } = life.seen
  // Else the rounds would show little. How much further a few of them get is the machine's matter.
  t.ok(segments > 1 && checkpoints > 0 && runs > 0, 'segments roll, a run and a checkpoint are made')
  if (rounds > 30) {
    t.ok(segments > 2 && checkpoints > 2 && runs > 2, 'segments roll, runs and checkpoints are made')
    t.ok(rewritten > 0, 'what was mostly trimmed is rewritten under the kills')
  }
  await directory.remove()
}

class Life {
  readonly #directory: string
  readonly #options: Order['options']
  readonly #durabilities: Order['durabilities']
  readonly #chance: Chance
  readonly #books: Record<string, ExpectedBook> = {
    trimmed: new ExpectedBook(),
    retained: new ExpectedBook({ retained: kept }),
    dropped: new ExpectedBook(),
    kept: new ExpectedBook(),
  }
  #waiting: Child
  #numbers: Numbers = { first: 0, end: 0 }
  #rounds = 0
  #kills = 0
  #acknowledged = 0
  #verified = 0
  /** The highest numbers of files, and how often a rewritten segment was there. */
  readonly seen = { segments: 0, runs: 0, checkpoints: 0, rewritten: 0 }

  constructor(
    directory: string,
    options: Order['options'],
    durabilities: Order['durabilities'],
    chance: Chance,
  ) {
    this.#directory = directory
    this.#options = options
    this.#durabilities = durabilities
    this.#chance = chance
    this.#waiting = this.#startWaiting()
  }

  /** Nothing of it goes on behind this. */
  async end(): Promise<void> {
    this.#waiting.process.kill('SIGKILL')
    await this.#waiting.end()
  }

  /** A process that works until it has been acknowledged some records, or for a while. */
  async load(t: Test): Promise<void> {
    const first = this.#numbers.end
    let last = first
    const enough = 1 + this.#chance.below(2500)
    const ms = this.#chance.below(400)
    const child = this.#start(first)
    let timer: NodeJS.Timeout | undefined
    let acknowledged = 0
    for await (const line of child.lines) {
      const said = line as [string, ...unknown[]]
      if (said[0] === 'open') timer = setTimeout(() => child.process.kill('SIGKILL'), ms)
      if (typeof said[1] === 'number') {
        last = Math.max(last, said[1])
        if (++acknowledged >= enough) child.process.kill('SIGKILL')
      }
      this.#take(said)
    }
    clearTimeout(timer)
    await this.#killed(t, child)
    this.#acknowledged += acknowledged
    // Each caller may have had one more under way, and the numbers are given in the order of the appends.
    this.#numbers = { first, end: last + callers + 1 }
  }

  /** A process that is killed while it opens the log, or just behind. */
  async killOpening(t: Test): Promise<void> {
    const child = this.#start(this.#numbers.end)
    let last = this.#numbers.end - 1
    for await (const line of child.lines) {
      const said = line as [string, ...unknown[]]
      if (said[0] === 'opening') setTimeout(() => child.process.kill('SIGKILL'), this.#chance.below(25))
      if (typeof said[1] === 'number') last = Math.max(last, said[1])
      if (typeof said[1] === 'number') this.#acknowledged++
      this.#take(said)
    }
    await this.#killed(t, child)
    this.#numbers = { first: this.#numbers.first, end: last + callers + 1 }
  }

  /** Opens the log, reads everything, and says what is wrong. */
  async judge(): Promise<string[]> {
    this.#rounds++
    const log = await open(this.#directory, this.#options)
    try {
      const wrong: string[] = []
      const all: FoundRecord[] = []
      for (const [name, expected] of Object.entries(this.#books)) {
        const tag = `ten:${this.#chance.below(10)}`
        const read = await readWhole(log.book(name), tag)
        all.push(...read.all)
        wrong.push(...expected.judge(read, this.#numbers).map((text) => `${name}: ${text}`))
      }
      this.#verified += all.length
      await this.#look(log)
      return [...wrong, ...judgeOrder(all)].slice(0, 20)
    } finally {
      await log.close()
    }
  }

  summary(): string {
    const { segments, runs, checkpoints, rewritten } = this.seen
    return (
      `counted: ${this.#rounds} rounds, ${this.#kills} kills, ${this.#acknowledged} acknowledged appends, ` +
      `${this.#verified} records verified; ` +
      `segments up to ${segments}, index runs and checkpoints up to ${Math.max(runs, checkpoints)}, ` +
      `${rewritten} times rewritten segments`
    )
  }

  #start(first: number): Child {
    const order: Order = {
      first,
      seed: this.#chance.below(2 ** 31),
      durabilities: this.#durabilities,
      options: this.#options,
    }
    const child = this.#waiting
    child.process.stdin?.end(`${JSON.stringify(order)}\n`)
    // Starting takes long: the next one does it while this one works.
    this.#waiting = this.#startWaiting()
    return child
  }

  #startWaiting(): Child {
    return startChild(writer, [this.#directory], { hasInput: true })
  }

  #take([what, ...said]: [string, ...unknown[]]): void {
    if (what === 'cut' || what === 'done') {
      const [book, before] = said as [string, number]
      if (what === 'cut') this.#books[book]?.beginCut(before)
      else this.#books[book]?.endCut(before)
    } else if (what in this.#books) {
      const [number, count, seqnum] = said as [number, number, number]
      this.#books[what]?.acknowledge(number, count, seqnum)
    }
  }

  async #killed(t: Test, child: Child): Promise<void> {
    const { signal, errors } = await child.end()
    if (signal !== 'SIGKILL') t.fail(`it ended by itself: ${errors}`)
    this.#kills++
  }

  async #look(log: EmbeddedLog): Promise<void> {
    const { segments } = await log.stat()
    if (segments.some(({ kind }) => kind === 'rewritten')) this.seen.rewritten++
    for (const name of await readdir(this.#directory)) {
      const [, kind, id] = /^(segment|index|checkpoint)-([0-9a-f]{16})$/.exec(name) ?? []
      const key = kind === 'segment' ? 'segments' : kind === 'index' ? 'runs' : 'checkpoints'
      if (id !== undefined) this.seen[key] = Math.max(this.seen[key], Number.parseInt(id, 16))
    }
  }
}

/** A book that keeps only so many records may trim itself in between: then all is read again. */
async function readWhole(book: EmbeddedBook, tag: string): Promise<ReadBook> {
  while (true) {
    const first = book.readNextSync()?.seqnum
    const read = { all: await readBook(book), tag, tagged: await readBook(book, tag) }
    if (book.readNextSync()?.seqnum === first) return read
  }
}

async function readBook(book: EmbeddedBook, tag?: string): Promise<FoundRecord[]> {
  const found: FoundRecord[] = []
  for await (const records of book.read({ tag }).batches()) {
    for (const { seqnum, tags, data } of records) found.push({ seqnum, tags, ...parseData(data) })
  }
  return found
}

/** One handle wrote all of them, so they lie in the order in which it appended. */
function judgeOrder(all: FoundRecord[]): string[] {
  all.sort((a, b) => a.seqnum - b.seqnum)
  return all.flatMap(({ seqnum, number, place }, i) => {
    const before = all[i - 1]
    if (before === undefined || number > before.number || (number === before.number && place > before.place))
      return []
    return [`append ${number} at seqnum ${seqnum} comes behind append ${before.number}`]
  })
}

class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * bound)
  }
}
