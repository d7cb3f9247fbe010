// What the command line of memory.mjs asks for.

import { parseArgs } from 'node:util'
import { StepError } from '../../scripts/lib/step.mjs'

export const usage = `npm run soak:memory -- [options]

  --records <n>      records to append (100000000)
  --keys <n>         different key tags (a tenth of the records)
  --memory <MiB>     memoryBytes of the log (64)
  --slack <MiB>      what the process may hold beside that (64)
  --lanes <n>        lanes of the log (1)
  --durability <d>   disk or os (os)
  --directory <dir>  where the log is made, and stays (a temporary directory, which goes)
  --read-only        appends nothing: reads the log that an earlier run of the same figures has left
  --help             this text

Exit code 1: the memory was over memoryBytes and slack, or an answer was wrong.`

/** @param {string[]} args Throws a StepError with the usage if they are wrong. */
export function readArguments(args) {
  const values = parse(args)
  const records = whole('records', values.records ?? '100000000', 2 ** 40)
  return {
    help: values.help ?? false,
    records,
    keys: whole('keys', values.keys ?? String(Math.max(1, Math.round(records / 10))), 2 ** 30),
    memoryBytes: whole('memory', values.memory ?? '64', 65_536) * 2 ** 20,
    slackBytes: whole('slack', values.slack ?? '64', 65_536) * 2 ** 20,
    lanes: whole('lanes', values.lanes ?? '1', 8),
    durability: values.durability ?? 'os',
    directory: values.directory,
    readOnly: values['read-only'] ?? false,
  }
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        records: { type: 'string' },
        keys: { type: 'string' },
        memory: { type: 'string' },
        slack: { type: 'string' },
        lanes: { type: 'string' },
        durability: { type: 'string' },
        directory: { type: 'string' },
        'read-only': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw new StepError(`${error.message}\n\n${usage}`)
  }
}

/** @param {string} name @param {string} text @param {number} max */
export function whole(name, text, max) {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= max) return number
  throw new StepError(`--${name} takes a whole number from 1 to ${max}`)
}
