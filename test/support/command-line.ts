// The compiled command line in a process of its own, as a user runs it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/esm/cli/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Else standard input is empty. */
  readonly withInput?: boolean
  /** A file descriptor that standard output goes to; else it is a pipe. */
  readonly output?: number
}

export function start(
  args: readonly string[],
  { env = {}, withInput = false, output }: StartOptions = {},
): ChildProcess {
  return spawn(process.execPath, [main, ...args], {
    stdio: [withInput ? 'pipe' : 'ignore', output ?? 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
}

export async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** Runs `daybook` with these arguments, and `input` on its standard input. */
export async function daybook(args: readonly string[], input?: string | Buffer): Promise<Ended> {
  const child = start(args, { withInput: input !== undefined })
  // It may end before it has read all.
  child.stdin?.on('error', () => {}).end(input)
  return endOf(child)
}
