// What `book.read` returns: the iterators, and that a reader is used once. How records are found is in
// reader-scan.ts, how it becomes a stream in record-stream.ts.

import type { Readable } from 'node:stream'
import type { BookId, LogBackend } from './backend.js'
import type { ReadArguments } from './call-options.js'
import { invalidArgument } from './errors.js'
import { ReaderScan } from './reader-scan.js'
import { recordReadable, recordReadableStream } from './record-stream.js'
import { readHighWaterMark } from './stream-options.js'
import type { Codec, LogRecord, ReadableOptions, Reader } from './types.js'

export class LogReader<T> implements Reader<T> {
  readonly #scan: ReaderScan<T>
  readonly #signal: AbortSignal | undefined
  #taken = false

  constructor(backend: LogBackend, book: BookId, codec: Codec<T> | undefined, args: ReadArguments) {
    this.#scan = new ReaderScan(backend, book, codec, args)
    this.#signal = args.signal
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<LogRecord<T>> {
    this.#take()
    return new RecordSteps(this.#scan)
  }

  batches(): AsyncIterableIterator<LogRecord<T>[]> {
    this.#take()
    return new BatchSteps(this.#scan)
  }

  readable(options?: ReadableOptions): Readable {
    const highWaterMark = readHighWaterMark('readable', options)
    this.#take()
    return recordReadable(this.#scan, highWaterMark, this.#signal)
  }

  readableStream(options?: ReadableOptions): ReadableStream<LogRecord<T>> {
    const highWaterMark = readHighWaterMark('readableStream', options)
    this.#take()
    return recordReadableStream(this.#scan, highWaterMark, this.#signal)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#scan.end()
    return Promise.resolve()
  }

  #take(): void {
    if (this.#taken) throw invalidArgument('a reader is iterated once; call read() again for another one')
    this.#taken = true
  }
}

/** Steps of an iteration, one after the other even when they are asked for without waiting. */
abstract class Steps<T, R> implements AsyncIterableIterator<R> {
  protected readonly scan: ReaderScan<T>
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(scan: ReaderScan<T>) {
    this.scan = scan
  }

  next(): Promise<IteratorResult<R>> {
    // The common case, without a queue: what is at hand and nobody waits in front.
    if (this.#waiting === 0 && !this.scan.interrupted) {
      const item = this.atHand()
      if (item !== undefined) return Promise.resolve({ done: false, value: item })
    }
    this.#waiting++
    const step = this.#last.then(() => this.#step())
    this.#last = step.catch(ignore)
    return step
  }

  return(): Promise<IteratorResult<R>> {
    this.scan.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The next item, if it needs no scan. */
  protected abstract atHand(): R | undefined
  /** The next item, or undefined at the end. */
  protected abstract fetch(): Promise<R | undefined>

  async #step(): Promise<IteratorResult<R>> {
    try {
      const item = (this.scan.interrupted ? undefined : this.atHand()) ?? (await this.fetch())
      return item === undefined ? { done: true, value: undefined } : { done: false, value: item }
    } finally {
      this.#waiting--
    }
  }
}

function ignore(): void {}

class RecordSteps<T> extends Steps<T, LogRecord<T>> {
  #records: LogRecord<T>[] = []
  #index = 0

  protected atHand(): LogRecord<T> | undefined {
    return this.#records[this.#index++]
  }

  protected async fetch(): Promise<LogRecord<T> | undefined> {
    this.#records = (await this.scan.pull()) ?? []
    this.#index = 0
    return this.atHand()
  }
}

class BatchSteps<T> extends Steps<T, LogRecord<T>[]> {
  protected atHand(): undefined {
    return undefined
  }

  protected async fetch(): Promise<LogRecord<T>[] | undefined> {
    return (await this.scan.pull()) ?? undefined
  }
}
