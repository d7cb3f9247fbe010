// Both copies of the package in one process: they open one log, and know each other's errors.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as esm from 'daybook'

const cjs = createRequire(import.meta.url)('daybook')

assert.notEqual(esm.open, cjs.open, 'there are two copies')
assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).sort(), 'they export the same')

// An entry of one copy passes in the other.
const order = [await import('daybook/order'), createRequire(import.meta.url)('daybook/order')]
for (const [one, other] of [order, [order[1], order[0]]]) {
  const entry = new one.Cursor().next([{ shard: 0, progress: 2 }], { timestamp: 1 })
  const runs = new other.Cursor().apply(entry)
  assert.deepEqual(runs, [{ shard: 0, firstLocalId: 0, count: 2, firstSeqnum: 0 }])
}

const rejection = (promise) =>
  promise.then(
    () => assert.fail('did not reject'),
    (error) => error,
  )

for (const [one, other] of [
  [esm, cjs],
  [cjs, esm],
]) {
  const wrongType = await rejection(one.open(17))
  assert.equal(wrongType.code, 'ERR_DAYBOOK_INVALID_ARG')
  assert.ok(wrongType instanceof TypeError)
  assert.ok(one.isDaybookError(wrongType) && other.isDaybookError(wrongType))

  const log = await one.open(process.argv[2])
  const joined = await other.open(process.argv[2])
  const seqnum = await log.book('shared').append(new Uint8Array([1, 2, 3]))
  const { data } = await joined.book('shared').get(seqnum)
  assert.deepEqual([...data], [1, 2, 3], 'they share the log')
  const book = log.book('shared')
  await log.close()
  const closed = await rejection(book.append(new Uint8Array(1)))
  assert.equal(closed.code, 'ERR_DAYBOOK_CLOSED')
  assert.ok(other.isDaybookError(closed))
  await joined.close()
}
