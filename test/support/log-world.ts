// A world is what a log outlives its handles in: a directory, or a store in memory. Suites that run on every
// implementation are given a factory of worlds.

import { type MemoryOptions, openMemory } from '../../src/log/memory-log.js'
import { MemoryStore } from '../../src/log/memory-store.js'
import type { Durability, EmbeddedLog } from '../../src/log/types.js'

/** Options of `open` that every implementation knows. */
export interface WorldOptions {
  readonly durability?: Durability
  readonly maxPendingBytes?: number
  readonly maxRecordBytes?: number
  readonly maxGroupBytes?: number
  readonly auxBytes?: number
}

export interface LogWorld {
  /** A handle of the one log in this world. Opening after all handles are closed is a reopening. */
  open(options?: WorldOptions): Promise<EmbeddedLog>
  /** Removes what the world left behind. All handles are closed by then. */
  cleanup(): Promise<void>
}

export interface LogWorldFactory {
  readonly name: string
  /** A new world with an empty log. */
  create(): Promise<LogWorld>
}

export const memoryWorlds: LogWorldFactory = {
  name: 'in-memory log',
  async create() {
    const store = new MemoryStore()
    return {
      open: (options: MemoryOptions = {}) => openMemory({ ...options, store }),
      async cleanup() {},
    }
  },
}
