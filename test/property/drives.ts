// Drives two logs with the same random commands, and compares every answer. One of them is usually the
// in-memory log, which is the model of what is right.

import { inspect, isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { LogWorldFactory } from '../support/log-world.js'
import { replay, replayHint } from '../support/seed.js'
import { LogActor } from './log-actor.js'
import { type Command, command } from './log-commands.js'

export interface DriveOptions {
  /** Sequences of commands to try. Default: 100. */
  readonly runs?: number
  /** Commands in the longest of them. Default: 50. */
  readonly commandsMax?: number
  /** Tries always the same sequences. Default: others each time, or those that DAYBOOK_SEED names. */
  readonly seed?: number
  /** Whether to look for a shorter sequence when one fails. Default: true. */
  readonly shrink?: boolean
}

/**
 * Rejects with the shortest sequence found on which the two differ, and with the seed that replays it
 * (see `replay`). Each sequence begins with two empty logs, and ends with a reopening.
 */
export async function drives(left: LogWorldFactory, right: LogWorldFactory, options: DriveOptions = {}) {
  const { runs = 100, commandsMax = 50, shrink = true, seed } = options
  const start = seed === undefined ? replay() : { seed }
  const sequences = fc.array(command, { maxLength: commandsMax, size: 'max' })
  const details = await fc.check(
    fc.asyncProperty(sequences, (commands) => compare(left, right, commands)),
    { numRuns: runs, endOnFailure: !shrink, ...start },
  )
  if (!details.failed) return
  const [commands] = details.counterexample ?? []
  const lines = [
    `${left.name} and ${right.name} differ; ${replayHint(details)}`,
    ...(commands ?? []).map((one) => inspect(one, { depth: 9, breakLength: 200 })),
  ]
  throw new Error(lines.join('\n'), { cause: details.errorInstance })
}

async function compare(left: LogWorldFactory, right: LogWorldFactory, commands: readonly Command[]) {
  const worlds = [await left.create(), await right.create()] as const
  const actors = [new LogActor(worlds[0]), new LogActor(worlds[1])] as const
  const both = async (what: string, ask: (actor: LogActor) => Promise<unknown>): Promise<void> => {
    const one = await ask(actors[0])
    const other = await ask(actors[1])
    if (isDeepStrictEqual(one, other)) return
    throw new Error(`${what}\n${left.name}: ${show(one)}\n${right.name}: ${show(other)}`)
  }
  try {
    await both('open', (actor) => actor.open())
    for (const [i, one] of commands.entries()) {
      await both(`command ${i} (${one.do})`, (actor) => actor.run(one))
    }
    await both('the state at the end', (actor) => actor.dump())
    await both('reopening', (actor) => actor.run({ do: 'reopen', pending: [], handle: 0, book: 0 }))
    await both('the state after reopening', (actor) => actor.dump())
  } finally {
    await Promise.all(actors.map((actor) => actor.close()))
    await Promise.all(worlds.map((world) => world.cleanup()))
  }
}

function show(value: unknown): string {
  return inspect(value, { depth: 9, breakLength: 110, maxArrayLength: 20 })
}
