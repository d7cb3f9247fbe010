// Memory while a log grows, and what is read from it afterwards. See README.md.
//
//   npm run soak:memory -- [--records 100000000] [--keys 10000000] [--directory <dir>]

import { appendAll } from './soak/append-all.mjs'
import { KnownRecords } from './soak/known-records.mjs'
import { readArguments, usage } from './soak/memory-options.mjs'
import { bytesRead, MemoryWatch } from './soak/process-figures.mjs'
import { readAll } from './soak/read-all.mjs'
import { mib, seconds } from './soak/text.mjs'
import { warmUp } from './soak/warm-up.mjs'
import { runSoak } from './support/arguments.mjs'

await runSoak({ name: 'memory', usage, readArguments }, soak)

/** @param {string} directory @param {ReturnType<typeof readArguments>} options */
async function soak(directory, options) {
  const { open } = await import('../dist/esm/index.js')
  const known = new KnownRecords(options.records, options.keys)
  const openLog = () =>
    open(directory, {
      memoryBytes: options.memoryBytes,
      lanes: options.lanes,
      durability: options.durability,
    })
  // What a process needs that only makes the records is not the log's.
  await warmUp(known)
  const watch = new MemoryWatch()
  console.log(
    `${known.records} records, ${known.keys} keys; memoryBytes ${mib(options.memoryBytes)} MiB, ` +
      `durability '${options.durability}', lanes ${options.lanes}; ` +
      'memory in MiB above that of the process without a log',
  )
  if (!options.readOnly) {
    const log = await openLog()
    await appendAll(log, known, watch)
    const start = performance.now()
    await log.close()
    console.log(`closed in ${seconds(start)} s`)
  }
  const appended = watch.peak
  const start = performance.now()
  const read = bytesRead() ?? 0
  const log = await openLog()
  console.log(`opened in ${seconds(start)} s, ${mib((bytesRead() ?? 0) - read)} MiB read for it`)
  const wrong = await readAll(log, known, watch)
  await log.close()
  const bound = options.memoryBytes + options.slackBytes
  const isHeld = watch.peak <= bound
  console.log(
    `memory of the log: at most ${mib(appended)} MiB while appending, ${mib(watch.peak)} MiB in all; ` +
      `bound ${mib(options.memoryBytes)} + ${mib(options.slackBytes)} = ${mib(bound)} MiB: ` +
      (isHeld ? 'held' : 'NOT HELD'),
  )
  if (wrong > 0) console.log(`${wrong} answers are WRONG`)
  return isHeld && wrong === 0 ? 0 : 1
}
