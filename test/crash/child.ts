// A process of its own that runs a few lines against the log, for tests that kill it or look at how it ends.
// The lines see `open`, `directory`, `say(value)` and `args`. They run on the built package, which `npm test`
// builds first: a child that compiled TypeScript would take ten times as long to start.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const built = new URL('../../dist/esm/index.js', import.meta.url)

const prelude = `
import { writeSync } from 'node:fs'
const { open } = await import(process.env.DAYBOOK_TEST_INDEX)
const [directory, ...args] = process.argv.slice(1)
const say = (value) => {
  // The pipe is full now and then, and takes a part, or nothing.
  for (let bytes = Buffer.from(JSON.stringify(value) + '\\n'); bytes.length > 0; ) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes))
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}
`

export interface Child {
  readonly process: ChildProcess
  /** What it says, line by line; ends with the process. */
  readonly lines: AsyncIterableIterator<unknown>
  /** Everything it has left to say, and how it ended. */
  end(): Promise<{ said: unknown[]; code: number | null; signal: NodeJS.Signals | null; errors: string }>
}

export interface ChildOptions {
  /** Put in front of the command: `strace …`. */
  readonly wrap?: readonly string[]
  readonly nodeOptions?: readonly string[]
  /** It has a standard input; else that is empty. */
  readonly hasInput?: boolean
}

/** Starts `lines` in a process. */
export function startChild(
  lines: string,
  args: readonly string[],
  { wrap = [], nodeOptions = [], hasInput = false }: ChildOptions = {},
): Child {
  const node = [process.execPath, ...nodeOptions, '--input-type=module', '-e', prelude + lines, '--', ...args]
  const [command, ...rest] = [...wrap, ...node] as [string, ...string[]]
  const child = spawn(command, rest, {
    stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, DAYBOOK_TEST_INDEX: built.href, NODE_OPTIONS: '' },
  })
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  // What is wrapped around may not be installed; then nothing is said, and the errors tell.
  child.on('error', (error) => {
    errors += error.message
  })
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (code, signal) => resolve([code, signal])),
  )
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  const parsed = (async function* () {
    while (true) {
      const { value, done } = await reader.next()
      if (done) return
      yield JSON.parse(value) as unknown
    }
  })()
  return {
    process: child,
    lines: parsed,
    async end() {
      const said: unknown[] = []
      for await (const line of parsed) said.push(line)
      const [code, signal] = await ended
      return { said, code, signal, errors }
    },
  }
}

/** In front of a command: makes its flushes, or another system call, do something else. */
export function strace(injection: string, call = 'fdatasync'): string[] {
  return ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', injection]
}
