// What the command lines of the benchmarks and soaks have in common.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runMain, StepError } from '../../scripts/lib/step.mjs'

/**
 * @param {string[]} args @param {import('node:util').ParseArgsConfig['options']} options
 * @param {string} usage @returns {Record<string, any>} Throws a StepError with the usage if they are wrong.
 */
export function parseArguments(args, options, usage) {
  try {
    return parseArgs({ args, options: { ...options, help: { type: 'boolean' } } }).values
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

/**
 * Runs a soak in the directory that was asked for, or in a temporary one that goes.
 * @template {{ help: boolean, directory?: string }} Options
 * @param {{ name: string, usage: string, readArguments: (args: string[]) => Options }} command
 * @param {(directory: string, options: Options) => Promise<number>} soak gives the exit code
 */
export async function runSoak({ name, usage, readArguments }, soak) {
  await runMain(async () => {
    const options = readArguments(process.argv.slice(2))
    if (options.help) {
      console.log(usage)
      return
    }
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), `daybook-${name}-`))
    try {
      process.exitCode = await soak(directory, options)
    } finally {
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
    }
  })
}
