// Starts the writer of the load, lets it run, and kills it. What it was told stays here, outside of it.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Failure } from '../failure.js'
import type { Progress } from '../progress.js'
import type { WriterMessage } from './load-messages.js'

export interface LoadRun {
  readonly pid: number
  /** Of each acknowledged record, by its number. */
  readonly seqnums: readonly number[]
  /** From the first acknowledgement to the kill. */
  readonly milliseconds: number
}

/** Milliseconds in which the first append must have been acknowledged. */
const patience = 20_000
const progressEvery = 100

/**
 * Kills the writer by SIGKILL `milliseconds` after its first acknowledged append.
 * @throws Failure if it ended in any other way
 */
export async function runAndKill(
  directory: string,
  milliseconds: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<LoadRun> {
  signal.throwIfAborted()
  const child = fork(fileURLToPath(new URL('./load-writer.js', import.meta.url)), [directory], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  signal.addEventListener('abort', kill)
  const watch = new Watch(child, milliseconds, kill, progress)
  try {
    // Messages sent before the end may arrive after it: the channel has to be empty too.
    const [[code, killedBy]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
    signal.throwIfAborted()
    return watch.result(code as number | null, killedBy as string | null)
  } finally {
    signal.removeEventListener('abort', kill)
    watch.end()
    kill()
  }
}

class Watch {
  readonly #child: ChildProcess
  readonly #milliseconds: number
  readonly #kill: () => void
  readonly #progress: Progress
  readonly #seqnums: number[] = []
  #failure: string | undefined
  #timer: NodeJS.Timeout
  #ticker: NodeJS.Timeout | undefined
  #began = 0
  #killed = 0

  constructor(child: ChildProcess, milliseconds: number, kill: () => void, progress: Progress) {
    this.#child = child
    this.#milliseconds = milliseconds
    this.#kill = kill
    this.#progress = progress
    this.#timer = setTimeout(() => {
      this.#failure ??= `acknowledged nothing in ${patience / 1000} s`
      kill()
    }, patience)
    child.on('message', (message) => this.#take(message as WriterMessage))
  }

  /** What was acknowledged, if the end was the one that was planned. */
  result(code: number | null, killedBy: string | null): LoadRun {
    if (this.#failure !== undefined) throw new Failure(`the writer failed: ${this.#failure}`)
    if (this.#killed === 0) throw new Failure(`the writer ended by itself, with ${code ?? killedBy}`)
    return {
      pid: this.#child.pid as number,
      seqnums: this.#seqnums,
      milliseconds: this.#killed - this.#began,
    }
  }

  end(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#ticker)
    this.#progress.end()
  }

  #take(message: WriterMessage): void {
    if ('failure' in message) {
      this.#failure ??= message.failure
      return
    }
    if (this.#began === 0) this.#begin()
    if (message.first !== this.#seqnums.length) this.#failure ??= 'it left out an acknowledgement'
    for (const seqnum of message.seqnums) this.#seqnums.push(seqnum)
  }

  #begin(): void {
    this.#began = performance.now()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#killed = performance.now()
      this.#kill()
    }, this.#milliseconds)
    this.#progress.begin('milliseconds until the kill', Math.round(this.#milliseconds))
    this.#ticker = setInterval(() => {
      this.#progress.update(Math.round(performance.now() - this.#began))
    }, progressEvery)
  }
}
