// One cell of the table, in a process of its own: no target runs in a heap or with optimised code that
// another one has left behind. Gets a CellRequest as a message, answers with its result, and ends.

import { loadTarget } from '../targets/index.mjs'
import { workloads } from '../workloads/index.mjs'
import { fill } from './fill.mjs'
import { measureRawDisk } from './raw-disk.mjs'
import { verify } from './verify.mjs'

/**
 * @typedef {object} CellRequest
 * @property {'measure' | 'load' | 'raw'} task
 * @property {string} directory exists; empty, unless the workload reads what a load has left there
 * @property {import('../workloads/workload.js').Settings} settings
 * @property {string} [target]
 * @property {string} [workload]
 * @property {boolean} [quickCheck] verify a part of the key tags only
 */

const loadedBytes = 128

/** @param {CellRequest} request */
async function load({ target: name, directory, settings }) {
  const target = await loadTarget(name)
  const store = await target.open(directory)
  await fill(store, { total: settings.records, bytes: loadedBytes })
  await store.close()
  await verifyReopened(target, directory, { total: settings.records, bytes: loadedBytes, quick: true })
  return { describe: target.describe }
}

/** @param {CellRequest} request */
async function measure({ target: name, workload: workloadName, directory, settings, quickCheck }) {
  const target = await loadTarget(name)
  const workload = workloads.find((each) => each.name === workloadName)
  const { bytes } = workload
  const opened = performance.now()
  const store = await target.open(directory)
  const openMs = performance.now() - opened
  if (workload.store === 'fresh') await fill(store, { total: settings.hotRecords, bytes })
  const result = await workload.run(store, settings)
  const memory = process.resourceUsage().maxRSS * 1024
  await store.close()
  if (workload.store === 'empty') {
    await verifyReopened(target, directory, { total: result.acknowledged, bytes, quick: quickCheck })
  }
  return { ...result, openMs, memory, describe: target.describe }
}

async function verifyReopened(target, directory, expected) {
  const store = await target.open(directory)
  await verify(store, expected)
  await store.close()
}

const tasks = { measure, load, raw: measureRawDisk }

process.once('message', async (request) => {
  const answer = await tasks[request.task](request).then(
    (result) => ({ result }),
    (error) => ({ error: error?.stack ?? String(error) }),
  )
  process.send(answer, () => process.disconnect())
})
