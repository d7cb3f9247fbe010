// Carries out commands on the log of one world, and tells what came of them in words that do not depend on
// how that log numbers its records.

import { isDaybookError } from '../../src/log/errors.js'
import type { EmbeddedBook, EmbeddedLog, FindSyncOptions, LogRecord, Selector } from '../../src/log/types.js'
import type { LogWorld } from '../support/log-world.js'
import {
  type Append,
  auxBytes,
  bookNames,
  type Command,
  type Expected,
  type Find,
  type Place,
  recordBytesMax,
  type Terms,
  tagNames,
} from './log-commands.js'

type Side = 'from' | 'after' | 'to' | 'before'

interface LiveReader {
  readonly book: EmbeddedBook
  readonly tag: string | undefined
  readonly iterator: AsyncIterator<LogRecord<Uint8Array>>
  /** All below has been handed out or is not asked for. */
  lower: number
  /** A step that has been asked for and has not been answered. */
  waiting: Promise<unknown> | undefined
}

/** Bytes that tell one record from another, the same on both sides of a comparison. */
function content(length: number, serial: number): Buffer {
  const data = Buffer.alloc(length)
  for (let i = 0; i < length; i++) data[i] = (serial * 31 + i * 7) & 0xff
  return data
}

/** What became of a call: its value, or the code of its error. Anything else is a fault of the log. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    if (!isDaybookError(error)) throw error
    return { code: error.code, outcome: error.outcome ?? null }
  }
}

function selectorOf(terms: Terms): Selector {
  const [first, ...more] = terms
  if (first === undefined) return {}
  return more.length === 0
    ? { match: { all: first } }
    : { match: { any: terms.map((all) => (all.length === 1 ? (all[0] as string) : { all })) } }
}

function isRecordStep(step: unknown): boolean {
  return (step as IteratorResult<unknown>).done === false
}

async function withDeadline<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} does not come`)), 10_000)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

export class LogActor {
  readonly #world: LogWorld
  #handles: EmbeddedLog[] = []
  /** Seqnums of all acknowledged records, by ordinal. */
  readonly #seqnums: number[] = []
  readonly #ordinals = new Map<number, number>()
  #live: LiveReader[] = []
  #serial = 0

  constructor(world: LogWorld) {
    this.#world = world
  }

  async open(): Promise<void> {
    const options = { maxRecordBytes: recordBytesMax, auxBytes }
    this.#handles = [await this.#world.open(options), await this.#world.open(options)]
  }

  async close(): Promise<void> {
    await Promise.all(this.#handles.map((log) => log.close()))
  }

  /** Carries out one command, and whatever it makes live readers see. */
  async run(command: Command): Promise<unknown> {
    const answer = await this.#answer(command)
    return { answer, live: await this.#settleLive() }
  }

  /** All that the log holds, in every way of asking for it. */
  async dump(): Promise<unknown> {
    const books: unknown[] = []
    for (const name of bookNames) {
      const book = this.#log(0).book(name)
      const records = await this.#collect(book.read())
      const streams: unknown[] = []
      for (const tag of [undefined, ...tagNames]) {
        const stream = await this.#collect(book.read({ tag }))
        const backward = await this.#collect(book.read({ tag, reverse: true }))
        streams.push({ tag, stream, backward, tail: this.#ordinal(await book.tail({ tag })) })
      }
      const stamps: number[] = []
      for await (const { timestamp } of book.read()) stamps.push(timestamp)
      const inOrder = stamps.every((stamp, i) => i === 0 || stamp >= (stamps[i - 1] as number))
      books.push({ name, records, streams, inOrder })
    }
    return books
  }

  async #answer(command: Command): Promise<unknown> {
    switch (command.do) {
      case 'append':
        return this.#appendAll(command.handle, [command.append])
      case 'burst':
        return this.#appendAll(command.handle, command.appends)
      case 'appendMany':
        return this.#appendMany(command)
      case 'appendIf':
        return this.#appendIf(command)
      case 'reopen':
        return this.#reopen(command.handle, command.pending)
      case 'trim': {
        const book = this.#book(command)
        const before = this.#bound('before', command.before) ?? Number.POSITIVE_INFINITY
        return outcome(() => book.trim({ before, tag: command.tag }))
      }
      case 'setAux': {
        const bytes = content(command.bytes, this.#serial++)
        return outcome(() => this.#book(command).setAux(this.#exactly(command.place), bytes))
      }
      case 'live':
        return this.#beginLive(command)
      case 'step':
        return this.#step(command.reader)
      case 'leave':
        return this.#leave(command.reader)
      default:
        return this.#ask(command)
    }
  }

  async #ask(
    command: Extract<
      Command,
      { do: 'readNext' | 'readPrev' | 'get' | 'tail' | 'read' | 'query' | 'seqnumAt' }
    >,
  ): Promise<unknown> {
    const book = this.#book(command)
    switch (command.do) {
      case 'readNext':
      case 'readPrev': {
        const call = command.sync ? (`${command.do}Sync` as const) : command.do
        return outcome(async () => this.#tell(await book[call](this.#range(command.find))))
      }
      case 'get': {
        const seqnum = this.#exactly(command.place)
        return outcome(async () => this.#tell(command.sync ? book.getSync(seqnum) : await book.get(seqnum)))
      }
      case 'tail': {
        const { tag } = command
        return this.#ordinal(command.sync ? book.tailSync({ tag }) : await book.tail({ tag }))
      }
      case 'read': {
        const { find, limit, reverse, onTrim } = command
        const reader = book.read({ ...this.#range(find), limit, reverse, onTrim })
        if (!command.batches) return outcome(() => this.#collect(reader))
        const records: unknown[] = []
        for await (const batch of reader.batches()) records.push(...batch.map((record) => this.#tell(record)))
        return records
      }
      case 'query': {
        const { terms, find, limit, reverse } = command
        const selector = selectorOf(terms)
        const records = await this.#collect(
          book.read({ ...this.#range({ ...find, tag: undefined }), ...selector, limit, reverse }),
        )
        return { records, tail: this.#ordinal(await book.tail(selector)) }
      }
      case 'seqnumAt':
        return this.#seqnumAt(book, command.at, command.offset)
    }
  }

  /** Time stamps are those of the log's own clock: the answer is checked against a scan of the same log. */
  async #seqnumAt(book: EmbeddedBook, at: number, offset: number): Promise<string> {
    const records: LogRecord<Uint8Array>[] = []
    for await (const record of book.read()) records.push(record)
    const time = (records[at % (records.length || 1)]?.timestamp ?? 0) + offset
    const expected = records.find((record) => record.timestamp >= time)?.seqnum ?? book.tailSync() + 1
    const found = await book.seqnumAt(new Date(time))
    return found === expected ? 'as a scan says' : `not as a scan says: ${found}, ${expected}`
  }

  async #appendAll(handle: number, appends: readonly Append[]): Promise<unknown[]> {
    const results = appends.map((append) => {
      const book = this.#log(handle).book(bookNames[append.book] as string)
      const { tags, durability } = append
      return outcome(() => book.append(content(append.bytes, this.#serial++), { tags, durability }))
    })
    const settled = await withDeadline(Promise.all(results), 'the acknowledgement')
    return settled.map((result) => this.#noteAppend(result))
  }

  async #appendMany({
    handle,
    book,
    items,
    durability,
  }: Extract<Command, { do: 'appendMany' }>): Promise<unknown> {
    const target = this.#log(handle).book(bookNames[book] as string)
    const group = items.map(({ bytes, tags }) => ({ data: content(bytes, this.#serial++), tags }))
    const result = await withDeadline(
      outcome(() => target.appendMany(group, { durability })),
      'the group',
    )
    if (!Array.isArray(result)) return result
    const consecutive = result.every((seqnum, i) => seqnum === result[0] + i)
    return { consecutive, ordinals: result.map((seqnum) => this.#noteAppend(seqnum)) }
  }

  /** The seqnums of a key that was there are those of the first; a conflict names what came. */
  async #appendIf(command: Extract<Command, { do: 'appendIf' }>): Promise<unknown> {
    const { items, expected, key } = command
    const group = items.map(({ bytes, tags }) => ({ data: content(bytes, this.#serial++), tags }))
    const expect = expected.map((one: Expected) => ({
      ...selectorOf(one.terms),
      after: this.#exactly(one.after),
    }))
    const guard = { ...(expect.length > 0 && { expect }), ...(key !== undefined && { key }) }
    try {
      const seqnums = await withDeadline(this.#book(command).appendMany(group, guard), 'the judgement')
      const known = seqnums.map((seqnum) => this.#ordinals.get(seqnum))
      return known[0] === undefined ? seqnums.map((seqnum) => this.#noteAppend(seqnum)) : { known }
    } catch (error) {
      if (!isDaybookError(error)) throw error
      const conflicts = error.conflicts?.map(({ index, actual }) => [index, this.#ordinal(actual)])
      return { code: error.code, conflicts: conflicts ?? null }
    }
  }

  /** Gives the record its ordinal. It is behind all that were acknowledged before. */
  #noteAppend(result: unknown): unknown {
    if (typeof result !== 'number') return result
    const last = this.#seqnums.at(-1) ?? -1
    if (result <= last) throw new Error(`seqnum ${result} was given after ${last}`)
    this.#ordinals.set(result, this.#seqnums.length)
    return this.#seqnums.push(result) - 1
  }

  async #reopen(handle: number, pending: readonly Append[]): Promise<unknown> {
    const appended = this.#appendAll(handle, pending)
    const closing = this.close()
    const answer = await appended
    await withDeadline(closing, 'close')
    const ends: unknown[] = []
    for (const reader of this.#live) ends.push(await this.#endOf(reader))
    this.#live = []
    await this.open()
    return { answer, ends }
  }

  /** A reader whose log has closed hands out what it has at hand, fails, and is done. */
  async #endOf({ iterator, waiting }: LiveReader): Promise<unknown> {
    let step = await outcome(() => waiting ?? iterator.next())
    while (isRecordStep(step))
      step = await withDeadline(
        outcome(() => iterator.next()),
        'the end of a reader',
      )
    return { end: step, isDone: (await iterator.next()).done }
  }

  #beginLive({ handle, book, tag, after }: Extract<Command, { do: 'live' }>): string {
    if (this.#live.length >= 4) return 'enough'
    const target = this.#log(handle).book(bookNames[book] as string)
    const bound = this.#bound('after', after)
    const iterator = target.read({ tag, after: bound, live: true })[Symbol.asyncIterator]()
    const lower = bound === undefined ? 0 : bound + 1
    this.#live.push({ book: target, tag, iterator, lower, waiting: undefined })
    return 'begun'
  }

  async #step(index: number): Promise<unknown> {
    const reader = this.#live[index % (this.#live.length || 1)]
    if (reader === undefined || reader.waiting !== undefined) return 'no reader to step'
    reader.waiting = reader.iterator.next()
    // Rejections are looked at when the reader ends.
    reader.waiting.catch(() => {})
    return 'stepped'
  }

  async #leave(index: number): Promise<unknown> {
    const at = index % (this.#live.length || 1)
    const [reader] = this.#live.splice(at, 1)
    if (reader === undefined) return 'no reader to leave'
    await reader.iterator.return?.()
    if (reader.waiting === undefined) return 'left'
    const { done } = (await withDeadline(reader.waiting, 'the end of a step')) as IteratorResult<unknown>
    return { done }
  }

  /** Whatever is there for a live reader that waits must come; what is not there must not. */
  async #settleLive(): Promise<unknown[]> {
    const seen: unknown[] = []
    for (const [i, reader] of this.#live.entries()) {
      if (reader.waiting === undefined) continue
      const { book, tag, lower } = reader
      const expected = Number.isFinite(lower) ? book.readNextSync({ tag, from: lower }) : null
      if (expected === null) continue
      const { value } = (await withDeadline(reader.waiting, 'a live record')) as IteratorResult<
        LogRecord<Uint8Array>
      >
      reader.waiting = undefined
      reader.lower = value.seqnum + 1
      seen.push({ reader: i, record: this.#tell(value), asExpected: value.seqnum === expected.seqnum })
    }
    return seen
  }

  #log(handle: number): EmbeddedLog {
    return this.#handles[handle] as EmbeddedLog
  }

  #book({ handle, book }: { readonly handle: number; readonly book: number }): EmbeddedBook {
    return this.#log(handle).book(bookNames[book] as string)
  }

  #range({ tag, ...find }: Find): FindSyncOptions {
    return {
      tag,
      from: this.#bound('from', find.from),
      after: this.#bound('after', find.after),
      to: this.#bound('to', find.to),
      before: this.#bound('before', find.before),
    }
  }

  /** The seqnum that names the cut. Shifting goes where no gap can lie between: towards the record itself. */
  #bound(side: Side, place: Place): number | undefined {
    if (place.kind === 'none') return undefined
    if (place.kind === 'start') return -1
    if (place.kind === 'end') return Number.POSITIVE_INFINITY
    const seqnum = this.#exactly(place)
    if (!('shifted' in place) || !place.shifted || seqnum < 0) return seqnum
    return side === 'from' || side === 'before' ? seqnum + 1 : seqnum - 1
  }

  #exactly(place: Place): number {
    if (place.kind !== 'record') return place.kind === 'start' ? -1 : Number.POSITIVE_INFINITY
    return this.#seqnums[place.at % (this.#seqnums.length || 1)] ?? -1
  }

  #ordinal(seqnum: number): number | string {
    if (seqnum === -1) return -1
    return this.#ordinals.get(seqnum) ?? `seqnum ${seqnum}, which was never acknowledged`
  }

  #tell(record: LogRecord<Uint8Array> | null): unknown {
    if (record === null) return null
    const data = Buffer.from(record.data).toString('hex')
    const aux = record.aux && Buffer.from(record.aux).toString('hex')
    return { ordinal: this.#ordinal(record.seqnum), tags: [...record.tags], data, aux }
  }

  async #collect(records: AsyncIterable<LogRecord<Uint8Array>>): Promise<unknown[]> {
    const told: unknown[] = []
    for await (const record of records) told.push(this.#tell(record))
    return told
  }
}
