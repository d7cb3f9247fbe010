// Random tests print what replays them: run the same test file with DAYBOOK_SEED set to it.

export interface Replay {
  readonly seed?: number
  readonly path?: string
}

/** What fast-check's `check` tells about a run, as far as it is needed here. */
interface FailedRun {
  readonly seed: number
  readonly counterexamplePath: string | null
}

/** From DAYBOOK_SEED: `<seed>`, or `<seed>:<path>` for exactly the case that failed. */
export function replay(text: string | undefined = fromEnvironment()): Replay {
  if (text === undefined || text === '') return {}
  const [seed = '', ...path] = text.split(':')
  const number = Number(seed)
  if (!Number.isInteger(number)) throw new Error(`DAYBOOK_SEED must begin with an integer, not '${seed}'`)
  return path.length === 0 ? { seed: number } : { seed: number, path: path.join(':') }
}

function fromEnvironment(): string | undefined {
  const { DAYBOOK_SEED } = process.env
  return DAYBOOK_SEED
}

/** The first line to print about a run that failed. */
export function replayHint({ seed, counterexamplePath }: FailedRun): string {
  return `replay with DAYBOOK_SEED=${seed}${counterexamplePath === null ? '' : `:${counterexamplePath}`}`
}
