// All workloads, in the order of the table.

import { appendInFlight } from './append-in-flight.mjs'
import { appendMany } from './append-many.mjs'
import { appendOneInFlight } from './append-one-in-flight.mjs'
import { readNext } from './read-next.mjs'
import { scan } from './scan.mjs'

/** @type {import('./workload.js').Workload[]} */
export const workloads = [
  appendInFlight({ name: 'append-128', bytes: 128, callers: 4096 }),
  appendInFlight({ name: 'append-1k', bytes: 1024, callers: 4096 }),
  appendMany({ name: 'append-many-128', bytes: 128, items: 1000 }),
  appendMany({ name: 'append-many-1k', bytes: 1024, items: 1000 }),
  appendOneInFlight({ name: 'append-one', bytes: 128 }),
  readNext({ name: 'read-sync-hot', store: 'fresh', sync: true }),
  readNext({ name: 'read-hot', store: 'fresh', sync: false }),
  readNext({ name: 'read-sync-reopened', store: 'loaded', sync: true }),
  readNext({ name: 'read-reopened', store: 'loaded', sync: false }),
  scan({ name: 'scan' }),
]
