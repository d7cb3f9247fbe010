// What the command line asks for.

import { StepError } from '../../scripts/lib/step.mjs'
import { defaultTargets, targetNames } from '../targets/index.mjs'
import { workloads } from '../workloads/index.mjs'
import { parseArguments, whole } from './arguments.mjs'
import { resultsDirectory } from './results.mjs'

export const usage = `npm run bench -- [options]

  --quick            one short round: whether everything works, not how fast it is
  --rounds <n>       rounds (3, quick 1)
  --workload <name>  only this one; may be given several times
                     ${workloads.map(({ name }) => name).join(' ')}
  --target <name>    daybook and this one; may be given several times (${defaultTargets.slice(1).join(' ')})
                     ${targetNames.slice(1).join(' ')}
  --directory <dir>  where the stores are made: choose the disk (bench/results)
  --micro            the micro-benchmarks instead
  --help             this text`

const full = { warmUpMs: 300, measureMs: 700, records: 1_000_000, hotRecords: 100_000 }
const quick = { warmUpMs: 100, measureMs: 200, records: 100_000, hotRecords: 20_000 }
const roundsFull = '3'
const roundsMax = 100

const options = {
  quick: { type: 'boolean' },
  rounds: { type: 'string' },
  workload: { type: 'string', multiple: true },
  target: { type: 'string', multiple: true },
  directory: { type: 'string' },
  micro: { type: 'boolean' },
}

/** @param {string[]} args Throws a StepError with the usage if they are wrong. */
export function readArguments(args) {
  const values = parseArguments(args, options, usage)
  return {
    help: values.help ?? false,
    micro: values.micro ?? false,
    quick: values.quick ?? false,
    rounds: whole('rounds', values.rounds ?? (values.quick ? '1' : roundsFull), roundsMax),
    settings: values.quick ? quick : full,
    directory: values.directory ?? resultsDirectory,
    // daybook comes first: it is what the others are compared with.
    targets: values.target
      ? ['daybook', ...known('target', values.target, targetNames.slice(1))]
      : defaultTargets,
    workloads: chosenWorkloads(values.workload),
  }
}

function chosenWorkloads(names) {
  if (names === undefined) return workloads
  known(
    'workload',
    names,
    workloads.map(({ name }) => name),
  )
  return workloads.filter(({ name }) => names.includes(name))
}

function known(option, names, all) {
  const unknown = names.find((name) => !all.includes(name))
  if (unknown !== undefined) throw new StepError(`--${option} knows no '${unknown}': ${all.join(', ')}`)
  return [...new Set(names)]
}
