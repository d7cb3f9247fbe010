// The log that one writes oneself, its faster variant: the group commit blocks the JavaScript thread.

import { openHandWritten } from '../support/hand-written-log.mjs'

/** @type {import('./target.js').Target} */
export const target = {
  name: 'hand-written',
  describe: 'one growing file, group commit by writeSync and fdatasyncSync on the JavaScript thread',
  open: (directory) => openHandWritten(directory, { blocking: true }),
}
