// A handle of a log over a backend: what `open` and the in-memory log give to programs.

import type { LogStore } from './backend.js'
import { readOptions } from './call-options.js'
import { invalidArgument } from './errors.js'
import { LogBook } from './log-book.js'
import { callOptions } from './options.js'
import type { BookOptions, CloseOptions, Codec, EmbeddedBook, EmbeddedLog, LogStatus } from './types.js'
import { checkBookName, checkNumber } from './validate.js'

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
}

function readCodec(options: unknown): Codec<unknown> | undefined {
  const { codec } = readOptions('book', options, ['codec'])
  if (codec === undefined) return undefined
  const { encode, decode } = (codec ?? {}) as Partial<Codec<unknown>>
  if (typeof encode === 'function' && typeof decode === 'function') return codec as Codec<unknown>
  throw invalidArgument('codec must have the functions encode and decode')
}
