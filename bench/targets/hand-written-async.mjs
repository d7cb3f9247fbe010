// The log that one writes oneself, its polite variant: the group commit waits in libuv's threads.

import { openHandWritten } from '../support/hand-written-log.mjs'

/** @type {import('./target.js').Target} */
export const target = {
  name: 'hand-written-async',
  describe: 'one growing file, group commit by fs.write and fs.fdatasync',
  open: (directory) => openHandWritten(directory, { blocking: false }),
}
