// The streams that a reader becomes, of Node.js and of the web. Both ask the scan for records when there is
// room for them, and hold the rest of one batch until there is again.

import { Readable } from 'node:stream'
import { onAbort } from './cancellation.js'
import type { ReaderScan } from './reader-scan.js'
import { asError } from './stream-error.js'
import type { LogRecord } from './types.js'

export function recordReadable<T>(
  scan: ReaderScan<T>,
  highWaterMark: number,
  signal: AbortSignal | undefined,
): Readable {
  const rest = new BatchRest(scan)
  let release = (): void => {}
  const readable = new Readable({
    objectMode: true,
    highWaterMark,
    read() {
      if (rest.isEmpty) fill()
      else pushRest()
    },
    destroy(error, callback) {
      release()
      scan.end()
      callback(error)
    },
  })
  const pushRest = (): void => {
    while (!rest.isEmpty && readable.push(rest.take()));
  }
  // As long as this pushes nothing, the stream does not ask again: one pull at a time.
  const fill = (): void => {
    rest.fill().then(
      () => {
        if (readable.destroyed) return
        if (rest.isEmpty) readable.push(null)
        else pushRest()
      },
      (error) => readable.destroy(asError(error)),
    )
  }
  release = onAbort(signal, (reason) => readable.destroy(asError(reason)))
  return readable
}

export function recordReadableStream<T>(
  scan: ReaderScan<T>,
  highWaterMark: number,
  signal: AbortSignal | undefined,
): ReadableStream<LogRecord<T>> {
  const rest = new BatchRest(scan)
  let release = (): void => {}
  let ended = false
  const end = (): void => {
    ended = true
    release()
    scan.end()
  }
  return new ReadableStream<LogRecord<T>>(
    {
      start(controller) {
        release = onAbort(signal, (reason) => {
          end()
          controller.error(reason)
        })
      },
      async pull(controller) {
        if (rest.isEmpty) await rest.fill().finally(() => rest.isEmpty && release())
        // It may have been cancelled or aborted meanwhile.
        if (ended) return
        if (rest.isEmpty) controller.close()
        while (!rest.isEmpty && (controller.desiredSize ?? 0) > 0) controller.enqueue(rest.take())
      },
      cancel: end,
    },
    { highWaterMark },
  )
}

/** What has been read of a batch, and not yet been given to the stream. */
class BatchRest<T> {
  readonly #scan: ReaderScan<T>
  #records: LogRecord<T>[] = []
  #index = 0

  constructor(scan: ReaderScan<T>) {
    this.#scan = scan
  }

  get isEmpty(): boolean {
    return this.#index === this.#records.length
  }

  take(): LogRecord<T> {
    return this.#records[this.#index++] as LogRecord<T>
  }

  /** Reads the next batch, once the last one is given away. There is none where it is still empty then. */
  async fill(): Promise<void> {
    this.#records = []
    this.#index = 0
    this.#records = (await this.#scan.pull()) ?? []
  }
}
