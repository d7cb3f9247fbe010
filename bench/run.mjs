// npm run bench: daybook beside what a service could use instead, in one run. See README.md.

import { join } from 'node:path'
import { runMain } from '../scripts/lib/step.mjs'
import { installRivals } from './support/install.mjs'

await runMain(async () => {
  // Everything else is loaded only then: even the names of the workloads come from what needs the packages.
  await installRivals()
  const { readArguments, usage } = await import('./support/options.mjs')
  const options = readArguments(process.argv.slice(2))
  if (options.help) {
    console.log(usage)
    return
  }
  if (options.micro) await import('./micro/run.mjs')
  else await compare(options)
})

/** @param {ReturnType<typeof import('./support/options.mjs').readArguments>} options */
async function compare(options) {
  const { Cells } = await import('./support/cells.mjs')
  const { describeMachine } = await import('./support/machine.mjs')
  const { Progress } = await import('./support/progress.mjs')
  const { Rounds, stepsOf } = await import('./support/rounds.mjs')
  const startedAt = new Date().toISOString()
  const machine = describeMachine()
  const cells = new Cells(join(options.directory, `stores-${process.pid}`))
  const progress = new Progress(stepsOf(options))
  const interrupt = () => {
    cells.dispose()
    process.exit(130)
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    const rounds = new Rounds(options, cells, progress)
    await rounds.run()
    progress.end()
    await show(options, { startedAt, machine }, rounds)
  } finally {
    progress.end()
    cells.dispose()
  }
}

async function show(options, { startedAt, machine }, rounds) {
  const { isBusy } = await import('./support/machine.mjs')
  const { report } = await import('./support/report.mjs')
  const { writeResult } = await import('./support/results.mjs')
  const { summarize } = await import('./support/statistics.mjs')
  const { targets, settings, quick } = options
  const result = {
    startedAt,
    seconds: Math.round((Date.now() - Date.parse(startedAt)) / 1000),
    machine,
    busy: isBusy(machine),
    quick,
    rounds: options.rounds,
    settings,
    targets,
    descriptions: rounds.descriptions,
    raw: rounds.raw,
    workloads: options.workloads.map(({ name, title, metrics }) => ({
      name,
      title,
      summary: summarize(metrics, rounds.results[name], targets),
      rounds: rounds.results[name],
    })),
  }
  console.log(report(result))
  console.log(`\n${result.seconds} s; every figure of every round: ${writeResult(result)}`)
}
