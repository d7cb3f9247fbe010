// The adapter of its own entry point, in both formats, and aux data that is kept, which loads lmdb.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { open } from 'daybook'
import { registerMetrics } from 'daybook/prom-client'
import { Registry } from 'prom-client'

const require = createRequire(import.meta.url)
const directory = process.argv[2]
for (const [open_, register_] of [
  [open, registerMetrics],
  [require('daybook').open, require('daybook/prom-client').registerMetrics],
]) {
  const log = await open_(directory, { auxPersistent: true })
  const register = new Registry()
  register_(log, { register })
  const seqnum = await log.book('b').append(Buffer.from('x'))
  log.book('b').setAux(seqnum, Buffer.from('kept'))
  assert.match(await register.metrics(), /^daybook_appended_records_total 1$/m)
  await log.close()
}
const log = await open(directory, { auxPersistent: true })
for await (const { aux } of log.book('b').read()) assert.equal(String(aux), 'kept')
await log.close()
