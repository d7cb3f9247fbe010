// A process that starts threads on one log and terminates them at any moment. Lines for `startChild`, and
// what comes back of them.

import type { AppendEvent, HistoryEvent, SeenRecord } from '../../support/history.js'

/** The most threads at once, beside the main one; each has up to two handles. */
export const threadsMax = 3
export const books = ['red', 'green'] as const

/**
 * What each thread does, the main one too: a random mixture of calls, four at a time, until it is to stop.
 * Every call is noted before it is made and when it has come back, as `{ begin: number, … }` and
 * `{ end: number, … }`.
 */
const work = `
async function work({ open, directory, name, seed, note, shouldStop }) {
  let random = seed
  const below = (bound) => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0
    return Math.floor((random / 2 ** 32) * bound)
  }
  const now = () => Number(process.hrtime.bigint())
  let calls = 0
  let records = 0
  const begin = (event) => {
    const number = calls++
    note({ begin: number, start: now(), ...event })
    return (rest) => note({ end: number, at: now(), ...rest })
  }
  const seen = ({ seqnum, data, tags }) => ({ seqnum, data: Buffer.from(data).toString(), tags: [...tags] })
  const item = () => ({ data: name + '.' + records++, tags: below(4) === 0 ? [] : ['t' + below(3)] })
  // What the end of a thread or of a handle does to a call is no failure, and nothing is known of it.
  const told = (error) => ({ code: error.code ?? String(error), outcome: error.outcome ?? 'unknown' })
  const bytes = ({ data, tags }) => ({ data: Buffer.from(data), tags })

  let log = await open(directory)
  let handle = 0
  let isReopening = false
  const bookNames = ${JSON.stringify(books)}
  const pick = () => {
    const book = bookNames[below(bookNames.length)]
    return { book, target: log.book(book), writer: name + '/' + handle }
  }
  const actions = {
    async append() {
      const { book, target, writer } = pick()
      const one = item()
      const done = begin({ do: 'append', book, writer, items: [one] })
      await target
        .append(Buffer.from(one.data), { tags: one.tags, durability: below(3) === 0 ? 'disk' : 'os' })
        .then((seqnum) => done({ seqnums: [seqnum] }), (error) => done(told(error)))
    },
    async appendMany() {
      const { book, target, writer } = pick()
      const items = Array.from({ length: 2 + below(4) }, item)
      const done = begin({ do: 'append', book, writer, items })
      await target
        .appendMany(items.map(bytes), { durability: 'os' })
        .then((seqnums) => done({ seqnums }), (error) => done(told(error)))
    },
    async read() {
      const { book, target } = pick()
      const tag = below(2) === 0 ? undefined : 't' + below(3)
      const reverse = below(3) > 0
      const from = reverse ? 0 : Math.max(0, target.tailSync() - 40)
      const limit = reverse ? 1 + below(20) : 60
      const done = begin({ do: 'read', book, tag, from, limit, reverse })
      const found = []
      for await (const record of target.read({ tag, from, limit, reverse })) found.push(seen(record))
      done({ records: found })
    },
    async stream() {
      const { book, target } = pick()
      const done = begin({ do: 'read', book, from: 0, limit: 30, reverse: true })
      const found = []
      const reader = target.read({ limit: 30, reverse: true })
      for await (const record of reader.readable()) found.push(seen(record))
      done({ records: found })
    },
    async tail() {
      const { book, target } = pick()
      const done = begin({ do: 'tail', book })
      done({ seqnum: await target.tail() })
    },
    async trim() {
      const { book, target } = pick()
      const before = target.tailSync() - 100 - below(100)
      if (before < 0) return
      const done = begin({ do: 'trim', book, before })
      await target.trim({ before }).then(() => done({ isDone: true }), (error) => done(told(error)))
    },
    async write() {
      const { book, target } = pick()
      const dones = []
      const writable = target.writable({
        items: true,
        highWaterMark: 4,
        onAcknowledged: (seqnums) => { for (const seqnum of seqnums) dones.shift()({ seqnums: [seqnum] }) },
      })
      const finished = new Promise((resolve) => {
        writable.on('error', resolve)
        writable.on('finish', resolve)
      })
      const writer = name + '/stream' + calls
      for (let i = 0; i < 6; i++) {
        const one = item()
        dones.push(begin({ do: 'append', book, writer, items: [one] }))
        writable.write(bytes(one))
      }
      writable.end()
      await finished
    },
    async stat() {
      await log.stat()
    },
    async reopen() {
      // A handle that goes while its calls are under way, and another one.
      if (isReopening) return
      isReopening = true
      const old = log
      log = await open(directory)
      handle++
      await old.close()
      isReopening = false
    },
  }
  const names = Object.keys(actions)
  const live = async () => {
    const { book, target } = pick()
    let last = target.tailSync()
    const iterator = target.read({ live: true, after: last })[Symbol.asyncIterator]()
    while (!shouldStop()) {
      const done = begin({ do: 'read', book, from: last + 1, limit: 1, reverse: false, isLive: true })
      const { value, done: isOver } = await iterator.next()
      if (isOver) break
      last = value.seqnum
      done({ records: [seen(value)] })
    }
    await iterator.return?.()
  }
  const loop = async () => {
    while (!shouldStop()) {
      const dice = below(100)
      const action = dice < 55 ? 'append' : dice < 57 ? 'reopen' : names[below(names.length - 1)]
      try {
        await actions[action]()
      } catch (error) {
        if (error.code !== 'ERR_DAYBOOK_CLOSED' && error.code !== 'ERR_DAYBOOK_TRIMMED') throw error
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  void live().catch((error) => {
    if (error.code !== 'ERR_DAYBOOK_CLOSED') throw error
  })
  await Promise.all([loop(), loop(), loop(), loop()])
  await log.close()
}
`

/** A journal in shared memory: what a thread has written there outlives it, wherever it was stopped. */
const thread = `
${work}
const { workerData: { index, memory, directory, name, seed, ends } } = require('node:worker_threads')
const head = new Int32Array(memory, 0, 4) // bytes written, lines, 1: stop, 1: it is full
const body = new Uint8Array(memory, 16)
const note = (event) => {
  const line = Buffer.from(JSON.stringify(event) + '\\n')
  const at = Atomics.load(head, 0)
  if (at + line.length > body.length) {
    Atomics.store(head, 3, 1)
    return
  }
  body.set(line, at)
  Atomics.store(head, 0, at + line.length)
  Atomics.add(head, 1, 1)
}
const isFull = () => Atomics.load(head, 0) > body.length / 2
const shouldStop = () => Atomics.load(head, 2) === 1 || isFull()
import(index)
  .then(({ open }) => work({ open, directory, name, seed, note, shouldStop }))
  .then(() => ends === 'fails' && Promise.reject(new Error('on purpose')))
if (ends === 'exits')
  setInterval(() => Atomics.load(head, 2) === 1 && process.exit(3), 1)
`

/** `args`: cycles, seed. Says `{ name, lines }` for each thread, and at the end `{ before, after }`. */
export const program = `
${work}
const { readdirSync, readlinkSync } = await import('node:fs')
const { Worker } = await import('node:worker_threads')
const [cycles, seed] = args.map(Number)
let random = seed
const below = (bound) => {
  random = (Math.imul(random, 1103515245) + 12345) >>> 0
  return Math.floor((random / 2 ** 32) * bound)
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 1))
const index = process.env.DAYBOOK_TEST_INDEX
const memoryBytes = 1 << 20
const begin = (name, ends) => {
  const memory = new SharedArrayBuffer(16 + memoryBytes)
  const workerData = { index, memory, directory, name, seed: below(2 ** 31), ends }
  const worker = new Worker(${JSON.stringify(thread)}, { eval: true, workerData, execArgv: [] })
  let failure
  worker.on('error', (error) => { failure = error })
  const gone = new Promise((resolve) => worker.on('exit', resolve))
  return { name, ends, worker, memory, head: new Int32Array(memory, 0, 4), gone, failure: () => failure }
}
const end = async ({ name, ends, worker, memory, head, gone, failure }, lines) => {
  let hasExited = false
  void gone.then(() => { hasExited = true })
  while (!hasExited && Atomics.load(head, 1) < lines && Atomics.load(head, 3) === 0) await pause()
  if (ends === 'terminated') await worker.terminate()
  else Atomics.store(head, 2, 1)
  await gone
  const error = failure()
  if (error !== undefined && error.message !== 'on purpose') say({ failure: name + ': ' + error.stack })
  say({ name, lines: Buffer.from(new Uint8Array(memory, 16, head[0])).toString() })
}
const cycle = async (number) => {
  const threads = Array.from({ length: 1 + below(${threadsMax}) }, (_, i) => {
    const dice = below(20)
    const ends = dice < 15 ? 'terminated' : dice < 17 ? 'exits' : dice < 19 ? 'closes' : 'fails'
    return begin('t' + number + '.' + i, ends)
  })
  // Some end before they have opened anything.
  await Promise.all(threads.map((one) => end(one, below(8) === 0 ? 0 : below(150))))
}
const isLinux = process.platform === 'linux'
const linkOf = (descriptor) => {
  try {
    return readlinkSync('/proc/self/fd/' + descriptor).replace(/\\d+/g, 'N')
  } catch {
    return '' // the one that listed them
  }
}
/**
 * Where the descriptors of the process lead, and how many threads it has. Node leaves a module open in a
 * thread that ends while it is loaded.
 */
const held = () => [
  ...readdirSync('/proc/self/fd').map(linkOf).filter((link) => link !== '' && !link.endsWith('.js')).sort(),
  readdirSync('/proc/self/task').length + ' threads',
]

// What the runtime and the first threads leave behind for good is there before anything is counted.
await cycle('warm')
const before = isLinux ? held() : []
let log = await open(directory)
for (let i = 0; i < cycles; i++) {
  if (i % 5 === 4) {
    // Whichever thread ends last ends the engine, too.
    await log.close()
    await cycle(i)
    log = await open(directory)
    continue
  }
  // The main thread works all the while, and must not wait for what the others did.
  let isOver = false
  const lines = []
  const name = 'm' + i
  const mine = work({
    open, directory, name, seed: below(2 ** 31), shouldStop: () => isOver || lines.length > 400,
    note: (event) => lines.push(JSON.stringify(event) + '\\n'),
  })
  await cycle(i)
  isOver = true
  await mine
  say({ name, lines: lines.join('') })
}
for (const book of ${JSON.stringify(books)}) {
  const final = []
  for await (const { seqnum, data, tags } of log.book(book).read())
    final.push({ seqnum, data: Buffer.from(data).toString(), tags: [...tags] })
  say({ book, final })
}
await log.close()
// Threads that have ended are gone in a moment, not at once.
for (let i = 0; isLinux && i < 2000 && held().join() !== before.join(); i++) await pause()
say({ before, after: isLinux ? held() : [] })
`

/** One line of a journal. */
interface Noted {
  readonly begin?: number
  readonly end?: number
  readonly start: number
  readonly at: number
  readonly do: 'append' | 'read' | 'tail' | 'trim'
  readonly seqnums?: readonly number[]
  readonly outcome?: 'notWritten' | 'unknown'
  readonly records?: readonly SeenRecord[]
  readonly seqnum?: number
  readonly isDone?: boolean
  readonly isLive?: boolean
  readonly limit?: number
  readonly [more: string]: unknown
}

/** The events that a journal tells of. A call that did not come back is one of which nothing is known. */
export function eventsOf(lines: string): HistoryEvent[] {
  const begun = new Map<number, Noted>()
  const ended = new Map<number, Noted>()
  for (const line of lines.split('\n').slice(0, -1)) {
    const noted = JSON.parse(line) as Noted
    if (noted.begin !== undefined) begun.set(noted.begin, noted)
    else ended.set(noted.end as number, noted)
  }
  return [...begun].flatMap(([number, call]) => eventOf(call, ended.get(number)) ?? [])
}

function eventOf(call: Noted, answer: Noted | undefined): HistoryEvent | undefined {
  const { begin: _, limit, ...rest } = call
  const event = { ...rest, process: 'p', end: answer?.at ?? Number.POSITIVE_INFINITY }
  switch (call.do) {
    case 'append': {
      const { seqnums, outcome = 'unknown' } = answer ?? {}
      const became = seqnums === undefined ? { outcome } : { outcome: 'acknowledged' as const, seqnums }
      return { ...(event as unknown as AppendEvent), ...became }
    }
    case 'trim': {
      const outcome = answer?.isDone ? 'acknowledged' : (answer?.outcome ?? 'unknown')
      return { ...event, outcome } as unknown as HistoryEvent
    }
    case 'tail':
      return answer && ({ ...event, seqnum: answer.seqnum } as unknown as HistoryEvent)
    case 'read': {
      if (answer === undefined) return undefined
      const bounds = { to: Number.POSITIVE_INFINITY, limit: limit ?? Number.POSITIVE_INFINITY }
      return { ...event, ...bounds, records: answer.records } as unknown as HistoryEvent
    }
  }
}
