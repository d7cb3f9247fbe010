// A database of LMDB in a process of its own. There LMDB may wait for the disk, and abort; and a thread of
// the program that is terminated takes no lock of LMDB along, for which its end would then wait for ever. The
// process ends with the database, or when its maker is gone.

import { type ChildProcess, spawn } from 'node:child_process'
import { invalidArgument } from '../log/errors.js'
import here from './package-here.cjs'

interface Opening {
  /** Of the package lmdb. */
  readonly lmdb: string
  readonly options: object
}

/** What is asked of the process, one thing at a time. */
type Request =
  | readonly ['open', Opening]
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

/** Bytes under the keys 0, 1, 2 …. What goes wrong rejects the call. */
export class AuxDatabase {
  readonly #process: ChildProcess
  readonly #opened: Promise<unknown>
  #hasEnded = false

  /** `mapBytes`: how large the file may become; 0: it is there, and is only read. */
  constructor(lmdb: string, path: string, mapBytes: number) {
    const options = {
      path,
      noSubdir: true,
      encoding: 'binary',
      maxDbs: 1,
      permissionsMode: 0o600,
      overlappingSync: false,
      // The maker flushes the file when it is closed.
      ...(mapBytes > 0 ? { mapSize: mapBytes, noSync: true } : { readOnly: true }),
    }
    this.#process = spawn(process.execPath, ['-e', `(${serve})(require)`], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, NODE_OPTIONS: '', ELECTRON_RUN_AS_NODE: '1' },
    })
    const ended = () => {
      this.#hasEnded = true
    }
    this.#process.on('error', ended).on('exit', ended)
    this.#opened = this.#ask(['open', { lmdb, options }])
    this.#opened.catch(() => {})
  }

  async put(key: number, value: Uint8Array): Promise<void> {
    await this.#opened
    await this.#ask(['put', key, value])
  }

  async get(key: number): Promise<Uint8Array | undefined> {
    await this.#opened
    return this.#ask(['get', key]) as Promise<Uint8Array | undefined>
  }

  /** Closes the file. To be called in any case. */
  async close(): Promise<void> {
    try {
      await this.#opened
      await this.#ask(['close'])
    } finally {
      this.#process.kill('SIGKILL')
    }
  }

  #ask(request: Request): Promise<unknown> {
    const child = this.#process
    if (this.#hasEnded) return Promise.reject(new Error('the process of LMDB has ended'))
    return new Promise((resolve, reject) => {
      const answered = (answer: unknown) => {
        settle()
        resolve((answer as { value?: unknown }).value)
      }
      const failed = (error: unknown) => {
        settle()
        reject(error)
      }
      const ended = () => failed(new Error('the process of LMDB has ended'))
      const settle = () => {
        child.off('message', answered).off('error', failed).off('exit', ended)
      }
      child.on('message', answered).on('error', failed).on('exit', ended)
      child.send(request, (error) => {
        if (error !== null) failed(error)
      })
    })
  }
}

/** Runs in the process, as text: it sees nothing of this file. */
// biome-ignore lint/suspicious/noExplicitAny: modules that only the process loads
function serve(load: (name: string) => any): void {
  // biome-ignore lint/suspicious/noExplicitAny: a database of lmdb
  let values: any
  process.on('disconnect', () => process.exit())
  // biome-ignore lint/suspicious/noExplicitAny: a request
  process.on('message', async ([what, key, value]: any) => {
    if (what === 'open') values = load(key.lmdb).open(key.options)
    if (what === 'put') values.putSync(key, value)
    if (what === 'close') await values.close()
    const found = what === 'get' ? values.getBinary(key) : undefined
    process.send?.(found === undefined ? {} : { value: found })
  })
}
