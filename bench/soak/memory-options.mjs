// What the command line of memory.mjs asks for.

import { parseArguments, whole } from '../support/arguments.mjs'

export const usage = `npm run soak:memory -- [options]

  --records <n>      records to append (100000000)
  --keys <n>         different key tags (a tenth of the records)
  --memory <MiB>     memoryBytes of the log (64)
  --slack <MiB>      what the process may hold beside that (96)
  --lanes <n>        lanes of the log (1)
  --durability <d>   disk or os (os)
  --directory <dir>  where the log is made, and stays (a temporary directory, which goes)
  --read-only        appends nothing: reads the log that an earlier run of the same figures has left
  --help             this text

Exit code 1: the memory was over memoryBytes and slack, or an answer was wrong.`

const known = {
  records: { type: 'string' },
  keys: { type: 'string' },
  memory: { type: 'string' },
  slack: { type: 'string' },
  lanes: { type: 'string' },
  durability: { type: 'string' },
  directory: { type: 'string' },
  'read-only': { type: 'boolean' },
}

/** @param {string[]} args Throws a StepError with the usage if they are wrong. */
export function readArguments(args) {
  const values = parseArguments(args, known, usage)
  const records = whole('records', values.records ?? '100000000', 2 ** 40)
  return {
    help: values.help ?? false,
    records,
    keys: whole('keys', values.keys ?? String(Math.max(1, Math.round(records / 10))), 2 ** 30),
    memoryBytes: whole('memory', values.memory ?? '64', 65_536) * 2 ** 20,
    slackBytes: whole('slack', values.slack ?? '96', 65_536) * 2 ** 20,
    lanes: whole('lanes', values.lanes ?? '1', 8),
    durability: values.durability ?? 'os',
    directory: values.directory,
    readOnly: values['read-only'] ?? false,
  }
}
