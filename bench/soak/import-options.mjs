// What the command line of import.mjs asks for.

import { parseArguments, whole } from '../support/arguments.mjs'

export const usage = `npm run soak:import -- [options]

  --lines <n>        lines to import (10000000)
  --bound <MiB>      what the importing process may hold in memory, Node.js itself included (256)
  --directory <dir>  where the log is made, and stays (a temporary directory, which goes)
  --help             this text

Exit code 1: the memory was over the bound, or the log does not hold the lines.`

const known = {
  lines: { type: 'string' },
  bound: { type: 'string' },
  directory: { type: 'string' },
}

/** @param {string[]} args Throws a StepError with the usage if they are wrong. */
export function readArguments(args) {
  const values = parseArguments(args, known, usage)
  return {
    help: values.help ?? false,
    lines: whole('lines', values.lines ?? '10000000', 2 ** 40),
    boundBytes: whole('bound', values.bound ?? '256', 65_536) * 2 ** 20,
    directory: values.directory,
  }
}
