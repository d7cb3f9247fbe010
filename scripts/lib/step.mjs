// Steps of a build: one readable line each, its seconds, and what went wrong.

import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { root } from './project.mjs'

/** A failure that the line printed for it explains: no stack trace wanted. */
export class StepError extends Error {
  /** @param {string} message @param {string} [output] what the failed command printed */
  constructor(message, output = '') {
    super(message)
    this.output = output
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] default: the project
 * @property {Record<string, string | undefined>} [env] added to this process's; undefined takes out
 * @property {number} [timeout] milliseconds, default 20 minutes
 * @property {boolean} [show] the command's output goes to the terminal as it comes
 */

/**
 * Runs a command without a shell and without input. Resolves whatever its exit code.
 * @param {string} command @param {readonly string[]} args @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>} output: stdout and stderr as they came
 */
export function run(command, args, { cwd = root, env = {}, timeout = 20 * 60_000, show = false } = {}) {
  const merged = { ...process.env, ...env }
  for (const [name, value] of Object.entries(merged)) if (value === undefined) delete merged[name]
  return new Promise((resolve) => {
    const chunks = /** @type {Buffer[]} */ ([])
    const child = spawn(command, args, { cwd, env: merged, timeout, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const [stream, terminal] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      stream.on('data', (chunk) => {
        chunks.push(chunk)
        if (show) terminal.write(chunk)
      })
    }
    child.on('error', (error) => resolve({ code: 127, output: `${command}: ${error.message}\n` }))
    child.on('close', (code, signal) => {
      const note = code === null ? `\n${command} ended by ${signal}\n` : ''
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() + note })
    })
  })
}

/**
 * Runs a command and gives what it printed; throws a StepError if it fails.
 * @param {string} command @param {readonly string[]} args @param {RunOptions} [options]
 */
export async function must(command, args, options) {
  const { code, output } = await run(command, args, options)
  if (code !== 0) throw new StepError(`${[command, ...args].join(' ').slice(0, 300)} failed`, output)
  return output
}

/**
 * Does `work`, then prints `name`, what the work returned, and its seconds.
 * @param {string} name @param {() => Promise<string | undefined>} work
 */
export async function step(name, work) {
  const start = performance.now()
  const note = await work()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`  ${name.padEnd(14)} ${(note ?? '').padEnd(50)} ${seconds.padStart(6)} s`)
}

/** Whether a module is what node was started with. @param {string} url the module's import.meta.url */
export const isMain = (url) => realpathSync(process.argv[1] ?? '.') === fileURLToPath(url)

/**
 * Runs a script's main function; a StepError ends it with its message and exit code 1.
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    if (error.output) console.error(error.output.trimEnd())
    console.error(`\n${error.message}`)
    process.exitCode = 1
  }
}
