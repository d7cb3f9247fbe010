// The whole check. .ci/run calls it on a new machine; `npm run check` is its quick form.
//
//   node scripts/ci.mjs [--quick | --thorough]
//
// --quick leaves out the sanitizers, the tarball and the fresh copy. --thorough adds what takes long and
// tells little more: the core and the threads under the thread sanitizer, and compiling the addon out of the
// tarball.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildSanitizedAddon, buildTests, runTests, sanitizerEnvironment } from './core.mjs'
import { at } from './lib/project.mjs'
import { reportEnvironment, reportsIn } from './lib/sanitizer-reports.mjs'
import { must, run, StepError } from './lib/step.mjs'
import { countCtest, countTap, failuresInTap, one } from './lib/tally.mjs'
import { npm } from './lib/toolchain.mjs'
import { linters } from './lint.mjs'

/** @typedef {import('./lib/tally.mjs').Count} Count */
/** @typedef {{ count: Count, output: string, failure?: string }} Outcome */
/** @typedef {{ name: string, isLeftOut?: boolean, work: () => Promise<Outcome> }} Step */

const logs = 'build-ci'
const isQuick = process.argv.includes('--quick')
const isThorough = process.argv.includes('--thorough')

/** @param {string[]} args @param {import('./lib/step.mjs').RunOptions} [options] */
function runNpm(args, options) {
  const { command, args: leading } = npm()
  return run(command, [...leading, ...args], options)
}

/** @param {{ code: number, output: string }} result @returns {Outcome} */
function tapOutcome({ code, output }) {
  return { count: countTap(output, code), output, failure: failuresInTap(output) }
}

/** @param {{ code: number, output: string }} result @returns {Outcome} */
const plainOutcome = ({ code, output }) => ({ count: one(code === 0), output })

/** @param {string} variant @returns {() => Promise<Outcome>} */
const coreTests = (variant) => async () => {
  await buildTests(variant)
  const { code, output } = await runTests(variant)
  return { count: countCtest(output, code), output }
}

async function testsWithSanitizedAddon() {
  const env = await sanitizerEnvironment(await buildSanitizedAddon('asan'))
  return tapOutcome(await run(process.execPath, [at('node_modules/.bin/tap'), '--timeout=300'], { env }))
}

/** More than `npm test` has time for. */
async function killRounds() {
  const files = ['disk', 'mixed', 'os'].map((name) => `test/crash/kill-${name}.test.ts`)
  const env = { ...process.env, DAYBOOK_KILL_ROUNDS: '36' }
  return tapOutcome(await run(process.execPath, [at('node_modules/.bin/tap'), ...files], { env }))
}

/**
 * Threads that join a log and are terminated at any moment: many more than in `npm test`, and nothing of ours
 * among what the sanitizer says.
 * @param {'asan' | 'tsan'} variant @param {number} cycles @returns {() => Promise<Outcome>}
 */
const threadCycles = (variant, cycles) => async () => {
  const addon = await buildSanitizedAddon(variant)
  const folder = mkdtempSync(join(tmpdir(), 'daybook-reports-'))
  try {
    const sanitizer = await sanitizerEnvironment(addon, `lib${variant}.so`)
    const env = { ...sanitizer, ...reportEnvironment(folder), DAYBOOK_THREAD_CYCLES: String(cycles) }
    const args = [at('node_modules/.bin/tap'), '--timeout=3600', 'test/crash/threads.test.ts']
    const outcome = tapOutcome(await run(process.execPath, args, { env, timeout: 3_600_000 }))
    const reports = reportsIn(folder)
    if (reports.length === 0) return outcome
    const failure = reports.join('\n')
    return { count: one(false), output: `${failure}\n${outcome.output}`, failure }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function packAndTry() {
  const built = await runNpm(['run', 'build'])
  if (built.code !== 0) return plainOutcome(built)
  const { code, output } = await run(process.execPath, [
    'scripts/pack-check.mjs',
    ...(isThorough ? ['--compile'] : []),
  ])
  const passed = [...output.matchAll(/ s$/gm)].length
  return { count: { passed, failed: code === 0 ? 0 : 1, skipped: 0 }, output }
}

/** As on a machine that has just cloned the project: no dependencies, nothing compiled. */
async function startInFreshCopy() {
  const copy = mkdtempSync(join(tmpdir(), 'daybook-copy-'))
  try {
    const files = await must('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
    for (const file of files.split('\0').filter((path) => path !== '')) {
      mkdirSync(dirname(join(copy, file)), { recursive: true })
      cpSync(at(file), join(copy, file))
    }
    return plainOutcome(await runNpm(['start', '--', at('.')], { cwd: copy }))
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** What is set up stays so, and saying it takes no time. */
async function setupAgain() {
  const start = performance.now()
  const { code, output } = await run(process.execPath, ['scripts/setup.mjs'])
  const ms = Math.round(performance.now() - start)
  const isGood = code === 0 && output === '' && ms < 2000
  return { count: one(isGood), output: `${output}took ${ms} ms\n` }
}

/** @type {Step[]} */
const steps = [
  { name: 'npm test', work: async () => tapOutcome(await runNpm(['test'])) },
  { name: 'kill -9', work: killRounds },
  { name: 'setup again', work: setupAgain },
  { name: 'npm start', work: async () => plainOutcome(await runNpm(['start'])) },
  { name: 'npm run bench', work: async () => plainOutcome(await runNpm(['run', 'bench', '--', '--quick'])) },
  { name: 'core tests', work: coreTests('plain') },
  ...Object.entries(linters).map(([name, lint]) => ({
    name: `lint ${name}`,
    work: async () => plainOutcome(await lint(false)),
  })),
  { name: 'core tests asan', isLeftOut: isQuick, work: coreTests('asan') },
  { name: 'core tests tsan', isLeftOut: !isThorough, work: coreTests('tsan') },
  { name: 'tests asan', isLeftOut: isQuick, work: testsWithSanitizedAddon },
  { name: 'threads asan', isLeftOut: isQuick, work: threadCycles('asan', 500) },
  { name: 'threads tsan', isLeftOut: !isThorough, work: threadCycles('tsan', 50) },
  { name: 'pack', isLeftOut: isQuick, work: packAndTry },
  { name: 'fresh npm start', isLeftOut: isQuick, work: startInFreshCopy },
]

/** A step that cannot even begin has failed. @param {Step} step @returns {Promise<Outcome>} */
async function outcomeOf({ work }) {
  try {
    return await work()
  } catch (error) {
    const output =
      error instanceof StepError
        ? `${error.output}\n${error.message}`
        : String(/** @type {Error} */ (error).stack)
    return { count: one(false), output }
  }
}

/** The lines that name errors, and the end. @param {string} text */
function digest(text) {
  const lines = text.trimEnd().split('\n')
  const named = lines
    .slice(0, -40)
    .filter((line) => /\berror: |^FAILED: |\*\*\*Failed|\[ {2}FAILED {2}\]/.test(line))
  return [...named.slice(0, 40), ...lines.slice(-40)].join('\n')
}

mkdirSync(at(logs), { recursive: true })
const total = { passed: 0, failed: 0 }
const start = performance.now()
const secondsSince = (/** @type {number} */ time) =>
  ((performance.now() - time) / 1000).toFixed(1).padStart(7)

for (const step of steps.filter(({ isLeftOut }) => !isLeftOut)) {
  const begun = performance.now()
  const { count, output, failure } = await outcomeOf(step)
  total.passed += count.passed
  total.failed += count.failed
  const verdict = count.failed === 0 ? 'pass' : 'FAIL'
  const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
  const counts = `${count.passed} passed, ${count.failed} failed${skipped}`
  console.log(`${verdict}  ${step.name.padEnd(18)} ${secondsSince(begun)} s  ${counts}`)
  writeFileSync(at(logs, `${step.name.replaceAll(' ', '-')}.log`), output)
  for (const [, counted] of output.matchAll(/^ *# counted: (.*)$/gm)) console.log(`      ${counted}`)
  if (count.failed > 0) console.log(`${digest(failure ?? output)}\n(all of it: ${logs}/)`)
}

console.log(
  `${secondsSince(start)} s in all, on ${availableParallelism()} processors, Node.js ${process.version}`,
)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
