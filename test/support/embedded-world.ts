// Worlds of the log in a directory.

import { open } from '../../src/embedded/index.js'
import type { LogWorldFactory } from './log-world.js'
import { tempDirectory } from './temp-directory.js'

export const embeddedWorlds: LogWorldFactory = {
  name: 'embedded log',
  async create() {
    const directory = await tempDirectory()
    return {
      // The smallest segments, so that the suites roll.
      open: (options = {}) => open(directory.path, { segmentBytes: 1024 * 1024, ...options }),
      cleanup: () => directory.remove(),
    }
  },
}
