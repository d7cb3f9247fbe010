// Without a binary: a coded error with the way out, and what needs none works.

import assert from 'node:assert/strict'
import { isDaybookError, open, openMemory } from 'daybook'

const error = await open(process.argv[2]).then(
  () => assert.fail('opened without a binary'),
  (reason) => reason,
)
assert.ok(isDaybookError(error))
assert.equal(error.code, 'ERR_DAYBOOK_NO_BINARY')
const wayOut = process.platform === 'win32' ? /runs on Linux and macOS/ : /npx --yes node-gyp@12 rebuild /
assert.match(error.message, wayOut)
const log = await openMemory()
await log.book('orders').append(Buffer.from('one pen'))
await log.close()
console.log(error.message)
