// Starts the process of a cell and waits for its result.

import { fork } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cellPath = fileURLToPath(new URL('./cell.mjs', import.meta.url))
const timeoutMs = 120_000

/** The folder in which stores are made, and the process that works in it. */
export class Cells {
  #directory
  #count = 0
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child

  /** @param {string} directory is made, and removed by `dispose` with all that is in it */
  constructor(directory) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true })
  }

  get directory() {
    return this.#directory
  }

  /** A new folder. @param {string} name */
  folder(name) {
    const path = join(this.#directory, `${name}-${this.#count++}`)
    mkdirSync(path)
    return path
  }

  /** Runs a cell in a new folder, and removes the folder. */
  async runInNewFolder(request) {
    const directory = this.folder('store')
    try {
      return await this.run({ ...request, directory })
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }

  /** @param {import('./cell.mjs').CellRequest} request */
  run(request) {
    const what = [request.task, request.target, request.workload].filter(Boolean).join(' ')
    return new Promise((resolve, reject) => {
      const child = fork(cellPath, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], timeout: timeoutMs })
      this.#child = child
      let answer
      child.on('message', (message) => {
        answer = message
      })
      child.on('error', reject)
      child.on('exit', (code, signal) => {
        this.#child = undefined
        if (answer?.result !== undefined) resolve(answer.result)
        else reject(new Error(`${what}: ${answer?.error ?? `ended with ${signal ?? code} and no result`}`))
      })
      child.send(request)
    })
  }

  dispose() {
    this.#child?.kill('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
