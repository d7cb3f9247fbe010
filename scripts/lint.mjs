// Every check that reads sources instead of running them.
//
//   node scripts/lint.mjs [--fix] [biome tsc imports typedoc clang-format clang-tidy tidy]

import { lintNative } from './lib/clang-tidy.mjs'
import { at, filesUnder } from './lib/project.mjs'
import { isMain, run, runMain, StepError } from './lib/step.mjs'

/** @typedef {{ code: number, output: string }} Result */

const bin = (/** @type {string} */ name) => at('node_modules/.bin', name)
const isNative = (/** @type {string} */ path) => /\.(cc|h)$/.test(path)

/** @type {Record<string, (fix: boolean) => Promise<Result>>} */
export const linters = {
  biome: (fix) => run(bin('biome'), ['check', '--error-on-warnings', ...(fix ? ['--write'] : [])]),
  async tsc() {
    const projects = ['tsconfig.json', 'tsconfig.scripts.json']
    const results = await Promise.all(projects.map((project) => run(bin('tsc'), ['-p', project])))
    return {
      code: Math.max(...results.map(({ code }) => code)),
      output: results.map(({ output }) => output).join(''),
    }
  },
  imports: () => {
    const roots = ['src', 'test', 'examples'].filter((folder) => filesUnder(folder).length > 0)
    return run(bin('depcruise'), ['--config', '.dependency-cruiser.cjs', ...roots])
  },
  // The reference of the API, not written: a name without a description, or a link to nowhere, is an error.
  typedoc: () => run(bin('typedoc'), ['--emit', 'none', '--logLevel', 'Warn']),
  'clang-format': (fix) =>
    run('clang-format', [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...filesUnder('native', isNative)]),
  'clang-tidy': lintNative,
  tidy: () => run(process.execPath, [at('scripts/tidy.mjs')]),
}

/** Tools of the system; a machine without them leaves them to CI, which has them all. */
const ofTheSystem = ['clang-format', 'clang-tidy']

/**
 * Runs one linter, prints its line, and what it found.
 * @param {string} name @param {boolean} fix
 * @returns {Promise<boolean>} true if it found nothing
 */
export async function lint(name, fix) {
  const start = performance.now()
  const isMissing = ofTheSystem.includes(name) && (await run(name, ['--version'])).code !== 0
  if (isMissing && process.env['CI'] === undefined) {
    console.log(`skipped ${name}: not installed`)
    return true
  }
  const { code, output } = (await linters[name]?.(fix)) ?? { code: 1, output: 'no such linter\n' }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok     ' : 'not ok '} ${name.padEnd(14)} ${seconds.padStart(6)} s`)
  if (code !== 0) console.log(output.trimEnd())
  return code === 0
}

async function main() {
  const args = process.argv.slice(2)
  const fix = args.includes('--fix')
  const chosen = args.filter((arg) => !arg.startsWith('-'))
  const failed = []
  for (const name of chosen.length > 0 ? chosen : Object.keys(linters)) {
    if (!(await lint(name, fix))) failed.push(name)
  }
  if (failed.length > 0) throw new StepError(`Not clean: ${failed.join(', ')}.`)
}

if (isMain(import.meta.url)) await runMain(main)
