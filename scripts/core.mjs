// The C++ core by CMake, each variant in a folder of its own: tests, benchmarks, sanitizers.
//
//   node scripts/core.mjs test [asan|tsan] [-- <arguments of ctest>]
//   node scripts/core.mjs bench [-- <arguments of the benchmark>]
//   node scripts/core.mjs fuzz [seconds per target]
//   node scripts/core.mjs addon asan|tsan  prints the path of the addon: set DAYBOOK_NATIVE_PATH to it

import { existsSync, mkdirSync } from 'node:fs'
import { basename } from 'node:path'
import { at, filesUnder } from './lib/project.mjs'
import { isMain, must, run, runMain, StepError, step } from './lib/step.mjs'
import { nodeInclude } from './lib/toolchain.mjs'

/** @type {Record<string, { folder: string, flags: string[] }>} */
const variants = {
  plain: { folder: 'build-core', flags: [] },
  release: { folder: 'build-release', flags: ['-DCMAKE_BUILD_TYPE=Release'] },
  asan: { folder: 'build-asan', flags: ['-DDAYBOOK_SANITIZE=address,undefined'] },
  fuzz: {
    folder: 'build-fuzz',
    flags: ['-DDAYBOOK_SANITIZE=fuzzer-no-link,address,undefined', '-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON'],
  },
  tsan: { folder: 'build-tsan', flags: ['-DDAYBOOK_SANITIZE=thread'] },
}

/** @param {string} name */
function variantNamed(name) {
  const variant = variants[name]
  if (!variant) throw new StepError(`There is no variant "${name}": ${Object.keys(variants).join(', ')}.`)
  return variant
}

/** @param {string} name @param {string[]} flags */
async function configure(name, flags) {
  const variant = variantNamed(name)
  const hasNinja = (await run('ninja', ['--version'])).code === 0
  const generator = hasNinja && !existsSync(at(variant.folder, 'CMakeCache.txt')) ? ['-G', 'Ninja'] : []
  await must('cmake', ['-S', '.', '-B', variant.folder, ...generator, ...variant.flags, ...flags])
  return variant.folder
}

/** @param {string} folder @param {string} target */
async function build(folder, target) {
  await must('cmake', ['--build', folder, '--parallel', '--target', target])
  return `${folder}/${target}`
}

/** @param {string} name */
export async function buildTests(name) {
  const folder = await configure(name, [])
  return build(folder, 'daybook_tests')
}

/** Gives the path of the addon. @param {string} name */
export async function buildSanitizedAddon(name) {
  const folder = await configure(name, [`-DDAYBOOK_NODE_INCLUDE=${await nodeInclude()}`])
  await build(folder, 'daybook_addon')
  return at(folder, 'daybook.node')
}

/**
 * @param {string} name @param {string[]} [args]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runTests(name, args = []) {
  const folder = variantNamed(name).folder
  return run('ctest', [
    '--test-dir',
    folder,
    '--output-on-failure',
    '--parallel',
    '2',
    '--no-tests=error',
    ...args,
  ])
}

/** What node must be started with, so that a sanitized addon loads into it. */
export async function sanitizerEnvironment(/** @type {string} */ addon, library = 'libasan.so') {
  const runtime = (await must('g++', [`-print-file-name=${library}`])).trim()
  return {
    DAYBOOK_NATIVE_PATH: addon,
    LD_PRELOAD: runtime,
    // Node itself ends without giving everything back.
    ASAN_OPTIONS: 'detect_leaks=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  }
}

/** Each target for so many seconds; what it learns stays in the folder. @param {number} seconds */
async function fuzz(seconds) {
  const clang = (await run('clang++-14', ['--version'])).code === 0 ? 'clang++-14' : 'clang++'
  const folder = await configure('fuzz', [`-DCMAKE_CXX_COMPILER=${clang}`])
  await step('compile', () => build(folder, 'daybook_fuzz'))
  for (const target of filesUnder('native/fuzz', (path) => path.endsWith('_fuzz.cc'))) {
    const name = basename(target, '.cc')
    const corpus = at(folder, `${name}-corpus`)
    mkdirSync(corpus, { recursive: true })
    await step(name, async () => {
      const flags = [
        `-max_total_time=${seconds}`,
        '-print_final_stats=1',
        `-artifact_prefix=${corpus}-crash-`,
      ]
      const output = await must(at(folder, name), [...flags, corpus], { cwd: at(folder) })
      return `${/number_of_executed_units:\s*(\d+)/.exec(output)?.[1]} inputs`
    })
  }
}

async function main() {
  const [job = 'test', ...rest] = process.argv.slice(2)
  const separator = rest.indexOf('--')
  const args = separator < 0 ? [] : rest.slice(separator + 1)
  const name = (separator < 0 ? rest : rest.slice(0, separator))[0]
  if (job === 'test') {
    await step('compile', () => buildTests(name ?? 'plain'))
    const { code, output } = await runTests(name ?? 'plain', args)
    console.log(output)
    if (code !== 0) throw new StepError('C++ tests failed.')
  } else if (job === 'bench') {
    const folder = await configure('release', [])
    await build(folder, 'daybook_bench')
    await run(at(folder, 'daybook_bench'), args, { show: true })
  } else if (job === 'fuzz') {
    await fuzz(Number(rest[0] ?? 60))
  } else if (job === 'addon') {
    console.log(await buildSanitizedAddon(name ?? 'asan'))
  } else {
    throw new StepError(`There is no job "${job}": test, bench, fuzz, addon.`)
  }
}

if (isMain(import.meta.url)) await runMain(main)
