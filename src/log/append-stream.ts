// The streams that append what is written to them, of Node.js and of the web, over one sink. The buffer, and
// with it the backpressure, is that of the Node.js stream; the web stream writes to one.

import { Writable } from 'node:stream'
import type { AppendSink } from './append-sink.js'
import { onAbort } from './cancellation.js'
import { asError } from './stream-error.js'
import type { WritableArguments } from './stream-options.js'

export function appendWritable(sink: AppendSink, args: WritableArguments): Writable {
  let release = (): void => {}
  const writable = new Writable({
    objectMode: true,
    highWaterMark: args.highWaterMark,
    writev(chunks, callback) {
      // Behind the promise: what a callback throws is an uncaught exception, as in every stream.
      sink.write(chunks.map(({ chunk }) => chunk)).then(
        () => process.nextTick(callback),
        (error) => process.nextTick(callback, asError(error)),
      )
    },
    destroy(error, callback) {
      release()
      void sink.stop().then(() => process.nextTick(callback, error))
    },
  })
  release = onAbort(args.signal, (reason) => writable.destroy(asError(reason)))
  return writable
}

export function appendWritableStream(sink: AppendSink, args: WritableArguments): WritableStream<unknown> {
  const writable = appendWritable(sink, args)
  return new WritableStream<unknown>({
    start(controller) {
      writable.once('error', (error) => controller.error(error))
      // An abort does not wait for room. The types of Node.js 20 leave the signal out.
      const { signal } = controller as { readonly signal?: AbortSignal }
      onAbort(signal, (reason) => writable.destroy(asError(reason)))
    },
    write(value) {
      return writable.write(value) ? undefined : drained(writable)
    },
    close() {
      return new Promise<void>((resolve, reject) => {
        writable.end((error?: Error | null) => (error ? reject(error) : resolve()))
      })
    },
    abort() {
      return closed(writable)
    },
  })
}

/** Resolves when there is room in the buffer, or the stream has come to its end. */
function drained(writable: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      writable.off('drain', done)
      writable.off('close', done)
      resolve()
    }
    writable.on('drain', done)
    writable.on('close', done)
  })
}

function closed(writable: Writable): Promise<void> {
  return writable.closed ? Promise.resolve() : new Promise((resolve) => writable.once('close', resolve))
}
