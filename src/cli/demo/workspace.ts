// Where the demo puts its logs, and what is left of them when it ends.

import { mkdir, mkdtemp, realpath, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { UsageError } from '../failure.js'

export interface Workspace {
  readonly root: string
  /** The log of what is imported. */
  readonly history: string
  /** A fresh directory inside, which is removed in the end. */
  readonly scratch: string
  /** Files there are in memory: what is flushed does not survive the machine. */
  readonly isInMemory: boolean
  /** Whether the imported log stays when the demo has ended well. */
  readonly isKept: boolean
  /** Removes what is not to be kept; all of it stays where a check failed. Idempotent. */
  dispose(failed: boolean): Promise<void>
}

/** In `directory`, which is made if it is missing and kept; without one in a temporary directory. */
export async function createWorkspace(directory: string | undefined, keep: boolean): Promise<Workspace> {
  const root = directory === undefined ? await temporaryDirectory() : await ownDirectory(resolve(directory))
  const scratch = await mkdtemp(join(root, 'scratch-'))
  const isKept = directory !== undefined || keep
  return {
    root,
    history: join(root, 'history'),
    scratch,
    isKept,
    isInMemory: await isInMemory(root),
    async dispose(failed) {
      if (failed) return
      await rm(isKept ? scratch : root, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

async function ownDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    const isFile = error.code === 'EEXIST' || error.code === 'ENOTDIR'
    throw isFile ? new UsageError(`${path} is not a directory`) : error
  })
  return path
}

async function temporaryDirectory(): Promise<string> {
  // On many machines the usual place is in memory, and the other one on a disk.
  const places = [tmpdir(), '/var/tmp']
  for (const place of places) {
    if (await isInMemory(place)) continue
    const made = await mkdtemp(join(await realpath(place), 'daybook-demo-')).catch(() => undefined)
    if (made !== undefined) return made
  }
  return await mkdtemp(join(tmpdir(), 'daybook-demo-'))
}

/** What Linux calls file systems that live in memory. */
const memoryFileSystems = new Set([0x01021994, 0x858458f6])

async function isInMemory(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const type = await statfs(path).then(
    (stats) => stats.type,
    () => 0,
  )
  return memoryFileSystems.has(type)
}
