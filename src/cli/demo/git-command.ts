// Runs git: short answers as text, long ones as a stream.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** How a run of git failed. */
export class GitError extends Error {
  override readonly name = 'GitError'
  /** There is no git to run. */
  readonly isMissing: boolean

  constructor(message: string, isMissing = false) {
    super(message)
    this.isMissing = isMissing
  }
}

/** Characters of an error message of git that are kept. */
const messageMax = 4096

/** What git writes to standard output, without white space around it. */
export async function gitText(path: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of gitStream(path, args, signal)) text += decoder.decode(chunk, { stream: true })
  return text.trim()
}

/**
 * What git writes to standard output, as it comes; git waits while nobody takes it. Leaving the loop ends
 * git.
 * @throws GitError if git is missing or fails; the signal's reason if that aborts
 */
export async function* gitStream(
  path: string,
  args: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  signal.throwIfAborted()
  const child = spawn('git', ['-C', path, ...configuration, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  })
  const stop = (): void => {
    child.kill()
  }
  signal.addEventListener('abort', stop)
  const ended = endOf(child)
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    const problem = await ended
    signal.throwIfAborted()
    if (problem !== undefined) throw problem
  } finally {
    signal.removeEventListener('abort', stop)
    child.kill()
  }
}

/** Settings of the user that would change what is read. */
const configuration = ['-c', 'log.showRoot=true', '-c', 'core.quotePath=false']

function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  }
  // Set where git runs us from a hook; they would win over the path that was asked for.
  for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX', 'GIT_NAMESPACE']) {
    delete env[name]
  }
  return env
}

/** Resolves when git has ended: to its failure, or to undefined. Never rejects. */
async function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<GitError | undefined> {
  let message = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (message.length < messageMax) message += text
  })
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, string | null]
    return code === 0 ? undefined : new GitError(whatGitSaid(message) ?? `git ended with ${code ?? killedBy}`)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return new GitError(isMissing ? 'git is not installed' : (error as Error).message, isMissing)
  }
}

/** The line that says why; git may have given warnings and advice around it. */
function whatGitSaid(message: string): string | undefined {
  const lines = message.split('\n').filter((line) => line.trim() !== '')
  const line = lines.find((candidate) => /^(?:fatal|error):/.test(candidate)) ?? lines[0]
  return line?.replace(/^(?:fatal|error): /, '')
}
