// What one handle of a log tells to those who look from outside: on channels of node:diagnostics_channel, and
// to the logger. Channels are the process's: every handle of every log publishes on the same ones.

import { type Channel, channel } from 'node:diagnostics_channel'
import type { CloseEvent, CommitEvent, FailureEvent, OpenEvent, RecoveryEvent } from './event-types.js'
import { type Trace, Trace as TraceOfNobody } from './trace.js'

const opens: Channel = channel('daybook:open')
const recoveries: Channel = channel('daybook:recovery')
const commits: Channel = channel('daybook:commit')
const failures: Channel = channel('daybook:failure')
const closes: Channel = channel('daybook:close')

/** What an event says beside which log it is of. */
type Said<E> = Omit<E, 'directory'>

export class LogObserver {
  readonly #directory: string | null
  readonly trace: Trace

  /** `directory`: null for a log in memory. */
  constructor(directory: string | null, trace: Trace = new TraceOfNobody()) {
    this.#directory = directory
    this.trace = trace
  }

  opened(said: Said<OpenEvent>): void {
    this.#publish(opens, said)
    this.trace.write('info', { directory: this.#directory, ...said }, 'daybook: opened')
  }

  recovered(said: Said<RecoveryEvent>): void {
    this.#publish(recoveries, said)
    this.trace.write(
      'warn',
      { directory: this.#directory, ...said },
      'daybook: the log had not been closed properly',
    )
  }

  /** Called for every commit: it must cost nothing where nobody listens. */
  committed(records: number, firstSeqnum: number): void {
    if (!commits.hasSubscribers) return
    const said: Said<CommitEvent> = { records, firstSeqnum }
    this.#publish(commits, said)
  }

  failed(said: Said<FailureEvent>): void {
    this.#publish(failures, said)
    this.trace.write(
      'error',
      { directory: this.#directory, err: said.error },
      'daybook: the log has failed and is read-only',
    )
  }

  closed(said: Said<CloseEvent>): void {
    this.#publish(closes, said)
    const { error } = said
    if (error === undefined) this.trace.write('info', { directory: this.#directory }, 'daybook: closed')
    else
      this.trace.write('error', { directory: this.#directory, err: error }, 'daybook: closed with an error')
  }

  /** Something that a person may want to know, and no program. */
  noted(level: 'debug' | 'warn', message: string, err?: unknown): void {
    const fields = { directory: this.#directory, ...(err !== undefined && { err }) }
    this.trace.write(level, fields, `daybook: ${message}`)
  }

  #publish(to: Channel, said: object): void {
    if (to.hasSubscribers) to.publish({ directory: this.#directory, ...said })
  }
}
