// What the parts of the suite share: scenarios with a log of their own, and short forms of common checks.

import type { Test } from 'tap'
import {
  type AppendOutcome,
  type DaybookError,
  type ErrorCode,
  isDaybookError,
} from '../../../src/log/errors.js'
import type { Book, EmbeddedBook, EmbeddedLog, LogRecord } from '../../../src/log/types.js'
import type { LogWorld, LogWorldFactory, WorldOptions } from '../../support/log-world.js'

/** One open log in a world of its own, closed and removed behind the scenario. */
export interface Scene {
  readonly t: Test
  readonly world: LogWorld
  readonly log: EmbeddedLog
  readonly book: EmbeddedBook
  /** Opens another handle, which is closed with the scene. */
  open(options?: WorldOptions): Promise<EmbeddedLog>
}

export interface Suite {
  /** Declares a test; `options` are for the log that it begins with. */
  scenario(title: string, run: (scene: Scene) => Promise<void>, options?: WorldOptions): void
}

export function makeSuite(t: Test, factory: LogWorldFactory): Suite {
  return {
    scenario(title, run, options) {
      t.test(title, async (t: Test) => {
        const world = await factory.create()
        const handles: EmbeddedLog[] = []
        const open = async (given?: WorldOptions): Promise<EmbeddedLog> => {
          const log = await world.open(given)
          handles.push(log)
          return log
        }
        try {
          const log = await open(options)
          await run({ t, world, log, book: log.book('book'), open })
        } finally {
          await Promise.all(handles.map((log) => log.close()))
          await world.cleanup()
        }
      })
    },
  }
}

export const bytes = (text: string): Buffer => Buffer.from(text)
export const text = (record: LogRecord<unknown> | null): string | null =>
  record === null ? null : Buffer.from(record.data).toString()

/** Everything that a record is, in a form that can be compared. */
export function shape(record: LogRecord<unknown>): object {
  const { seqnum, timestamp, tags } = record
  return { seqnum, timestamp, tags: [...tags], data: Buffer.from(record.data).toString('hex') }
}

/** Appends one record after the other, each holding its number in the list, and returns the seqnums. */
export async function appendAll(book: Book, tagLists: readonly (readonly string[])[]): Promise<number[]> {
  const appends = tagLists.map((tags, i) => book.append(bytes(String(i)), { tags }))
  return Promise.all(appends)
}

export async function collect<T>(records: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const record of records) all.push(record)
  return all
}

export async function seqnums(records: AsyncIterable<LogRecord<unknown>>): Promise<number[]> {
  return (await collect(records)).map((record) => record.seqnum)
}

/** Fails when the promise takes so long that it must be stuck. */
export async function soon<T>(promise: Promise<T>, what: string, milliseconds = 10_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing after ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** True if the promise has not settled after a few turns of the event loop. */
export async function isWaiting(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const mark = (): void => {
    settled = true
  }
  promise.then(mark, mark)
  for (let turn = 0; turn < 5; turn++) await turnOfLoop()
  return !settled
}

export function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

interface Wanted {
  readonly code: ErrorCode
  readonly outcome?: AppendOutcome
  readonly base?: typeof TypeError | typeof RangeError
  readonly message?: RegExp
}

function checkError(t: Test, error: unknown, wanted: Wanted, what: string): DaybookError {
  if (!isDaybookError(error)) {
    throw new Error(`${what}: expected ${wanted.code}`, { cause: error })
  }
  t.equal(error.code, wanted.code, `${what}: code`)
  t.ok(error instanceof Error, `${what}: is an Error`)
  t.type(error.retryable, 'boolean', `${what}: says whether to retry`)
  if (wanted.outcome !== undefined) t.equal(error.outcome, wanted.outcome, `${what}: outcome`)
  if (wanted.base !== undefined) t.ok(error instanceof wanted.base, `${what}: is a ${wanted.base.name}`)
  if (wanted.message !== undefined) t.match(error.message, wanted.message, `${what}: message`)
  return error
}

/** The promise-returning call must reject, and not throw. */
export async function rejects(t: Test, call: () => Promise<unknown>, wanted: Wanted, what: string) {
  const promise = call()
  try {
    await soon(promise, what)
  } catch (error) {
    return checkError(t, error, wanted, what)
  }
  throw new Error(`${what}: expected ${wanted.code}, but it resolved`)
}

export function throws(t: Test, call: () => unknown, wanted: Wanted, what: string): DaybookError {
  try {
    call()
  } catch (error) {
    return checkError(t, error, wanted, what)
  }
  throw new Error(`${what}: expected ${wanted.code}, but it returned`)
}

/** For calls that the types forbid and JavaScript does not. */
// biome-ignore lint/suspicious/noExplicitAny: that is what it is for
export const wrong = (value: unknown): any => value

export const invalid = { code: 'ERR_DAYBOOK_INVALID_ARG' } as const
export const invalidAppend = { ...invalid, outcome: 'notWritten' } as const
export const closed = { code: 'ERR_DAYBOOK_CLOSED' } as const
