// Compiles the addon to build/Release/daybook.node, if its sources have changed: only those that have.
//
//   node scripts/build-native.mjs [--force]

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { at, filesUnder, isShippedNative, isStamped, signatureOf, writeStamp } from './lib/project.mjs'
import { isMain, must, run, runMain, StepError, step } from './lib/step.mjs'
import { checkNode, findCompiler, nodeGyp, nodePrefix } from './lib/toolchain.mjs'

export const binary = 'build/Release/daybook.node'
const stamp = 'build/daybook.stamp'
const configuredStamp = 'build/configured.stamp'

// Warnings fail the build where the compiler is one that we know: in CI. Elsewhere they are shown.
const warningsAsErrors = process.env['DAYBOOK_WERROR'] === '1'

/** @returns {string} what the binary is made from */
function nativeSignature() {
  const sources = filesUnder('native', isShippedNative)
  const lock = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'))
  const headers = lock.packages['node_modules/node-addon-api'].version
  return signatureOf([...sources, ...descriptions()], [process.arch, warningsAsErrors, headers].join())
}

/** What the Makefile is made from. */
function descriptions() {
  return [
    ...filesUnder('native', (path) => path.endsWith('sources.txt')),
    'binding.gyp',
    'scripts/list-sources.mjs',
  ]
}

export function addonIsCurrent() {
  return existsSync(at(binary)) && isStamped(stamp, nativeSignature())
}

/** Compiles; gives a note about the binary. Throws a StepError with the compiler's output. */
export async function buildAddon() {
  const signature = nativeSignature()
  const env = await findCompiler()
  await configure(env)
  const output = await gyp(['build', '--jobs=max'], env)
  const warnings = output.split('\n').filter((line) => /\bwarning: /.test(line))
  for (const line of warnings) console.error(line)
  await checkThatItLoads()
  writeStamp(stamp, signature)
  return `${binary} (${Math.round(readFileSync(at(binary)).length / 1024)} KiB)`
}

/** @param {Record<string, string>} env */
async function configure(env) {
  const flags = [`-Dwarnings_as_errors=${warningsAsErrors ? 1 : 0}`]
  const signature = signatureOf(
    descriptions(),
    JSON.stringify([flags, env, process.execPath, process.version]),
  )
  if (existsSync(at('build/Makefile')) && isStamped(configuredStamp, signature)) return
  const prefix = nodePrefix()
  await gyp(['configure', ...(prefix ? [`--nodedir=${prefix}`] : []), '--', ...flags], env)
  writeStamp(configuredStamp, signature)
}

/** @param {string[]} args @param {Record<string, string>} env */
async function gyp(args, env) {
  try {
    return await must(process.execPath, [...nodeGyp(), ...args], { env })
  } catch (error) {
    if (error instanceof StepError) {
      error.message = 'The native part does not compile; what the compiler said is above.'
      // Where a compiler has spoken, node-gyp has nothing to add.
      const noise = /\berror: /.test(error.output) ? /^gyp .*\n/gm : /^gyp (info|verb|http) .*\n/gm
      error.output = error.output.replace(noise, '')
    }
    throw error
  }
}

/** A missing symbol shows only when the binary is loaded. */
async function checkThatItLoads() {
  const { code, output } = await run(process.execPath, ['-e', 'require(process.argv[1])', at(binary)])
  if (code !== 0) throw new StepError(`${binary} was compiled, but does not load.`, output)
}

async function main() {
  checkNode()
  if (process.argv.includes('--force')) rmSync(at('build'), { recursive: true, force: true })
  if (addonIsCurrent()) console.log(`${binary} is up to date`)
  else await step('compile', buildAddon)
}

if (isMain(import.meta.url)) await runMain(main)
