// One import: lines in, groups of records out, and what is known of the log when it ends.

import { addAbortSignal, type Readable } from 'node:stream'
import type { Durability, EmbeddedLog } from '../../index.js'
import { openOptions } from '../../log/options.js'
import type { Context } from '../context.js'
import { errorLine } from '../error-line.js'
import { Failure, Interrupted } from '../failure.js'
import { createProgress, type Progress } from '../progress.js'
import { counted, size } from '../text.js'
import { GroupWindow } from './group-window.js'
import { LineError } from './line-error.js'
import { type LineFormat, recordOf } from './line-record.js'
import { type Line, LineSplitter } from './line-splitter.js'
import type { TagRule } from './tag-rule.js'

export interface ImportOptions {
  readonly book: string
  readonly tag?: readonly TagRule[]
  readonly lines?: boolean
  readonly skip: number
  readonly skipBad?: boolean
  readonly batch: number
  readonly durability: Durability
}

export interface Source {
  readonly stream: Readable
  /** Bytes, where it is known how many there are. */
  readonly total: number | undefined
}

/** Says on standard output what was imported; fails with a message that tells how to go on. */
export async function importLines(
  log: EmbeddedLog,
  source: Source,
  options: ImportOptions,
  { stdout, stderr, signal }: Context,
): Promise<void> {
  const { book, batch, durability } = options
  const progress = await createProgress(stderr, { inTerminalOnly: true, format: size })
  const window = new GroupWindow(log, log.book(book), { groupSize: batch, durability })
  const run = new Run(window, options, progress)
  let problem: unknown
  try {
    await run.read(source, signal)
  } catch (error) {
    problem = signal.aborted ? signal.reason : error
  } finally {
    progress.end()
    await window.settle()
  }
  problem = window.failure?.error ?? problem
  if (problem === undefined) {
    stdout.write(`${run.summary(book)}\n`)
  } else if (problem instanceof Interrupted) {
    stderr.write(`daybook: interrupted; ${howToGoOn(window)}\n`)
    throw problem
  } else {
    throw new Failure(`${errorLine(problem)}; ${howToGoOn(window)}`, { cause: problem })
  }
}

function howToGoOn({ durableLine, unknown, strays }: GroupWindow): string {
  const also = strays.map(({ first, last }) => `; so are lines ${first} to ${last}`)
  if (unknown !== undefined)
    also.push(`; lines ${unknown.first} to ${unknown.last} may be: look before you go on`)
  const done = durableLine === 0 ? 'no line is imported' : `all up to line ${durableLine} is imported`
  return `${done}${also.join('')}${durableLine === 0 ? '' : ` (go on with --skip ${durableLine})`}`
}

class Run {
  readonly #window: GroupWindow
  readonly #skip: number
  readonly #skipBad: boolean
  readonly #format: LineFormat
  readonly #progress: Progress
  #bad = 0

  constructor(
    window: GroupWindow,
    { skip, skipBad = false, lines = false, tag = [] }: ImportOptions,
    progress: Progress,
  ) {
    this.#window = window
    this.#skip = skip
    this.#skipBad = skipBad
    this.#format = { isPlain: lines, rules: tag }
    this.#progress = progress
  }

  /** Hands all lines over. What is in flight is not waited for. */
  async read({ stream, total }: Source, signal: AbortSignal): Promise<void> {
    const splitter = new LineSplitter(openOptions.maxRecordBytes.default)
    let bytes = 0
    this.#progress.begin('importing', total)
    try {
      for await (const chunk of addAbortSignal(signal, stream)) {
        await this.#takeAll(splitter.push(chunk as Buffer))
        // What has come is not held back until more comes.
        await this.#window.flush()
        bytes += (chunk as Buffer).length
        this.#progress.update(bytes)
        if (this.#window.failure !== undefined) return
      }
      await this.#takeAll(splitter.end())
    } finally {
      // What came before a line that is refused goes into the log.
      await this.#window.flush()
    }
  }

  async #takeAll(lines: Iterable<Line>): Promise<void> {
    for (const line of lines) if (this.#take(line)) await this.#window.flush()
  }

  /** True: a group is full. */
  #take({ number, bytes }: Line): boolean {
    if (number > this.#skip) {
      try {
        if (bytes === null) throw new LineError('it is longer than a record can be')
        const record = recordOf(bytes, this.#format)
        if (record !== undefined) return this.#window.add(record, number)
      } catch (error) {
        if (!(error instanceof LineError)) throw error
        if (!this.#skipBad) throw new Failure(`line ${number}: ${error.message}`)
        this.#bad += 1
      }
    }
    this.#window.pass(number)
    return false
  }

  summary(book: string): string {
    const { records, firstSeqnum, lastSeqnum } = this.#window
    const what = `${counted(records, ['record', 'records'])} imported into book '${book}'`
    const where = records > 0 ? `, seqnums ${firstSeqnum} to ${lastSeqnum}` : ''
    const bad = this.#bad > 0 ? `; ${counted(this.#bad, ['bad line', 'bad lines'])} left out` : ''
    return `${what}${where}${bad}`
  }
}
