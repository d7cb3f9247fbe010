// A handle of a log over a backend: what `open` and the in-memory log give to programs.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BookQuery, LogStore } from './backend.js'
import { readOptions } from './call-options.js'
import { invalidArgument, notWritten } from './errors.js'
import { LogBook } from './log-book.js'
import type { LogMetrics } from './metrics-types.js'
import { callOptions } from './options.js'
import type {
  BookInfo,
  BookOptions,
  BooksOptions,
  CloseOptions,
  Codec,
  EmbeddedBook,
  EmbeddedLog,
  LogStat,
  LogStatus,
} from './types.js'
import { checkBookName, checkNamePart, checkNumber } from './validate.js'

/** Books that are listed in one turn. */
const pageMax = 10_000

export class LogHandle implements EmbeddedLog {
  readonly #store: LogStore

  constructor(store: LogStore) {
    this.#store = store
  }

  get status(): LogStatus {
    return this.#store.status
  }

  book(name: string): EmbeddedBook<Uint8Array>
  book<T>(name: string, options: BookOptions<T>): EmbeddedBook<T>
  book<T>(name: string, options?: BookOptions<T>): EmbeddedBook<T> {
    const checked = checkBookName(name)
    return new LogBook<T>(this.#store, checked, readCodec(options) as Codec<T> | undefined)
  }

  async books(options?: BooksOptions): Promise<BookInfo[]> {
    const given = readOptions('books', options, ['prefix', 'afterName', 'limit'])
    const { prefix = '', afterName = '', limit = callOptions.limit.default } = given
    const first = {
      prefix: checkNamePart('prefix', prefix),
      afterName: checkNamePart('afterName', afterName),
    }
    return this.#list(first, checkNumber('limit', limit, callOptions.limit))
  }

  async drop(name: string): Promise<void> {
    return this.#store.dropBook(checkedName(name))
  }

  async stat(): Promise<LogStat> {
    this.#store.checkOpen()
    return this.#store.stat()
  }

  metrics(): LogMetrics {
    this.#store.checkOpen()
    return this.#store.metrics()
  }

  ready(): Promise<void> {
    return this.#store.ready()
  }

  close(options?: CloseOptions): Promise<void> {
    try {
      const { timeout = callOptions.timeout.default } = readOptions('close', options, ['timeout'])
      return this.#store.close(checkNumber('timeout', timeout, callOptions.timeout))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Page by page, so that a long list does not hold up the thread. */
  async #list(query: Omit<BookQuery, 'limit'>, limit: number): Promise<BookInfo[]> {
    this.#store.checkOpen()
    const found: BookInfo[] = []
    let { afterName } = query
    while (found.length < limit) {
      const wanted = Math.min(limit - found.length, pageMax)
      const page = await this.#store.listBooks({ ...query, afterName, limit: wanted })
      for (const book of page) found.push(book)
      const last = page.at(-1)
      if (last === undefined || page.length < wanted) break
      afterName = last.name
      await nextTurn()
    }
    return found
  }
}

function readCodec(options: unknown): Codec<unknown> | undefined {
  const { codec } = readOptions('book', options, ['codec'])
  if (codec === undefined) return undefined
  const { encode, decode } = (codec ?? {}) as Partial<Codec<unknown>>
  if (typeof encode === 'function' && typeof decode === 'function') return codec as Codec<unknown>
  throw invalidArgument('codec must have the functions encode and decode')
}

/** @throws DaybookError that says that nothing was written */
function checkedName(name: string): string {
  try {
    return checkBookName(name)
  } catch (error) {
    throw notWritten(error)
  }
}
