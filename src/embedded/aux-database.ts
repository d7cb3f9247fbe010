// A database of LMDB in a thread of its own. There LMDB may wait for the disk; and its own way of writing in
// the background, which never ends when its thread is terminated in the middle, is not needed. The thread
// ends with that of its maker, and with the database.

import { Worker } from 'node:worker_threads'
import { invalidArgument } from '../log/errors.js'
import here from './package-here.cjs'

interface Opening {
  /** Of the package lmdb. */
  readonly lmdb: string
  readonly options: object
}

/** What is asked of the thread, one thing at a time. */
type Request =
  | readonly ['put', key: number, value: Uint8Array]
  | readonly ['get', key: number]
  | readonly ['close']

/** Where the package is that `auxPersistent` needs. */
export function findLmdb(): string {
  try {
    return here.resolve('lmdb')
  } catch (cause) {
    throw invalidArgument('auxPersistent needs the package lmdb, which is not there', cause)
  }
}

/** Bytes under the keys 0, 1, 2 …. What goes wrong rejects the call, and ends the thread. */
export class AuxDatabase {
  readonly #worker: Worker
  #hasEnded = false

  /** `mapBytes`: how large the file may become; 0: it is there, and is only read. */
  constructor(lmdb: string, path: string, mapBytes: number) {
    const writes = mapBytes > 0
    const opening: Opening = {
      lmdb,
      options: {
        path,
        noSubdir: true,
        encoding: 'binary',
        maxDbs: 1,
        permissionsMode: 0o600,
        overlappingSync: false,
        // The maker flushes the file when it is closed.
        ...(writes ? { mapSize: mapBytes, noSync: true } : { readOnly: true }),
      },
    }
    const source = `(${serve})(require)`
    this.#worker = new Worker(source, { eval: true, workerData: opening, execArgv: [], stderr: true })
    this.#worker.stderr.resume()
    // Where nobody asks at the moment, an error must not be uncaught; the next call finds the thread ended.
    this.#worker
      .on('error', () => {})
      .on('exit', () => {
        this.#hasEnded = true
      })
  }

  put(key: number, value: Uint8Array): Promise<unknown> {
    return this.#ask(['put', key, value])
  }

  get(key: number): Promise<Uint8Array | undefined> {
    return this.#ask(['get', key]) as Promise<Uint8Array | undefined>
  }

  /** Closes the file, and resolves when the thread has ended. To be called in any case. */
  async close(): Promise<void> {
    try {
      await this.#ask(['close'])
    } finally {
      await this.#worker.terminate()
    }
  }

  #ask(request: Request): Promise<unknown> {
    const worker = this.#worker
    if (this.#hasEnded) return Promise.reject(new Error('the thread of LMDB has ended'))
    return new Promise((resolve, reject) => {
      const answered = (answer: unknown) => {
        settle()
        resolve(answer)
      }
      const failed = (error: unknown) => {
        settle()
        reject(error)
      }
      const ended = () => failed(new Error('the thread of LMDB has ended'))
      const settle = () => {
        worker.off('message', answered).off('error', failed).off('exit', ended)
      }
      worker.on('message', answered).on('error', failed).on('exit', ended)
      worker.postMessage(request)
    })
  }
}

/** Runs in the thread, as text: it sees nothing of this file. */
// biome-ignore lint/suspicious/noExplicitAny: modules that only the thread loads
function serve(load: (name: string) => any): void {
  const { parentPort, workerData } = load('node:worker_threads')
  const values = load(workerData.lmdb).open(workerData.options)
  parentPort.on('message', async ([what, key, value]: readonly [string, number, Uint8Array]) => {
    if (what === 'put') values.putSync(key, value)
    if (what === 'close') await values.close()
    parentPort.postMessage(what === 'get' ? values.getBinary(key) : undefined)
  })
}
