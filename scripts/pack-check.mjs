// Packs the package and tries the tarball as a stranger would: in an empty folder, without a compiler,
// without install scripts, as ES module and as CommonJS.
//
//   node scripts/pack-check.mjs [--compile]     --compile: also compiles the addon from the installed package

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platformName } from './lib/platform.mjs'
import { at, filesUnder, readPackage } from './lib/project.mjs'
import { must, runMain, StepError, step } from './lib/step.mjs'
import { binaryProblems, contentProblems, traceProblems } from './lib/tarball.mjs'
import { nodeGyp, nodePrefix, npm } from './lib/toolchain.mjs'

const programs = 'scripts/pack-check'
/** Loaded by the cluster, by the command line, or by an entry point of its own. */
const notOnTheWay = [
  'lmdb',
  'piscina',
  'commander',
  'cli-progress',
  'lossless-json',
  'msgpackr',
  'prom-client',
]

const folder = mkdtempSync(join(tmpdir(), 'daybook-pack-'))
const app = join(folder, 'app')
const installed = join(app, 'node_modules/daybook')

/** Runs in the user's folder. No variable of the project's own npm run gets there. */
const inApp = (/** @type {string} */ command, /** @type {string[]} */ args, env = {}) => {
  const inherited = Object.keys(process.env).filter((name) => /^npm_|^INIT_CWD$|^DAYBOOK_/.test(name))
  return must(command, args, {
    cwd: app,
    env: { ...Object.fromEntries(inherited.map((name) => [name, undefined])), ...env },
  })
}
const node = (/** @type {string[]} */ args, env = {}) => inApp(process.execPath, args, env)
const data = () => mkdtempSync(join(folder, 'data-'))

/** @param {string[]} problems */
function refuse(problems) {
  if (problems.length > 0) throw new StepError(problems.join('\n'))
}

/** @type {{ tarball: string, files: string[] }} */
const packed = { tarball: '', files: [] }

async function pack() {
  const { command, args } = npm()
  const json = await must(command, [
    ...args,
    'pack',
    '--json',
    '--ignore-scripts',
    '--silent',
    `--pack-destination=${folder}`,
  ])
  const [{ filename, files, size, unpackedSize }] = JSON.parse(json.slice(json.indexOf('[')))
  packed.tarball = join(folder, filename)
  packed.files = files.map((/** @type {{ path: string }} */ file) => file.path)
  refuse(contentProblems(packed.files, size))
  const kib = (/** @type {number} */ bytes) => `${Math.round(bytes / 1024)} KiB`
  return `${packed.files.length} files, ${kib(size)}, unpacked ${kib(unpackedSize)}`
}

async function install() {
  mkdirSync(app)
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "version": "1.0.0", "private": true }\n')
  for (const file of readdirSync(at(programs))) copyFileSync(at(programs, file), join(app, file))
  const { command, args } = npm()
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  // The optional peers too, as whoever uses their entry points does.
  const { devDependencies } = readPackage()
  const peers = ['msgpackr', 'prom-client'].map((name) => `${name}@${devDependencies[name]}`)
  await inApp(command, [...args, 'install', ...flags, packed.tarball, ...peers])
  refuse(traceProblems(installed, packed.files))
  return `${readdirSync(join(app, 'node_modules')).length} packages and scopes`
}

async function checkBinary() {
  const { note, problems } = await binaryProblems(join(installed, `prebuilds/${platformName()}/daybook.node`))
  refuse(problems)
  return note
}

async function checkExports() {
  await must(at('node_modules/.bin/publint'), ['run', installed, '--strict', '--pack', 'false'])
  const flags = ['--profile', 'node16', '--no-definitely-typed', '--no-emoji', '--format', 'ascii']
  await must(at('node_modules/.bin/attw'), [...flags, packed.tarball])
  return 'publint, attw'
}

async function checkTypes() {
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node']
  const roots = ['--typeRoots', at('node_modules/@types'), '--exactOptionalPropertyTypes']
  await node([at('node_modules/typescript/bin/tsc'), ...flags, ...roots, 'types.mts', 'types.cts'])
  return 'strict, library checks on'
}

async function runPrograms() {
  for (const program of ['program.mjs', 'program.cjs', 'both.mjs']) await node([program, data()])
  return 'ESM, CommonJS, both at once'
}

async function runCodec() {
  await node(['codec.mjs', data()])
  return 'daybook/msgpackr'
}

async function runMetrics() {
  await node(['metrics.mjs', data()])
  return 'daybook/prom-client, aux data that is kept'
}

/** What is not there cannot have been loaded. */
async function runWithoutTheRest() {
  const hidden = join(app, 'hidden')
  mkdirSync(hidden)
  for (const name of notOnTheWay) renameSync(join(app, 'node_modules', name), join(hidden, name))
  await runPrograms()
  for (const name of notOnTheWay) renameSync(join(hidden, name), join(app, 'node_modules', name))
  return `without ${notOnTheWay.join(', ')}`
}

async function runCommand() {
  const command = join(app, 'node_modules/.bin/daybook')
  const version = (await inApp(command, ['--version'])).trim()
  if (version !== readPackage().version) throw new StepError(`daybook --version says "${version}"`)
  if (!(await inApp(command, ['--help'])).includes('Usage:'))
    throw new StepError('daybook --help shows no usage')
  return `daybook ${version}`
}

async function runWithoutBinary() {
  renameSync(join(installed, 'prebuilds'), join(installed, 'taken-away'))
  await node(['no-binary.mjs', data()])
  return 'ERR_DAYBOOK_NO_BINARY; openMemory works'
}

/** The way out that the error names: the sources in the tarball are complete. */
async function compileInstalled() {
  const prefix = nodePrefix()
  const flags = [...(prefix ? [`--nodedir=${prefix}`] : []), '--jobs=max']
  await node([...nodeGyp(), 'rebuild', '--directory', installed, ...flags])
  await node(['program.mjs', data()])
  return 'from the sources in the tarball'
}

await runMain(async () => {
  try {
    if (filesUnder('prebuilds').length === 0) throw new StepError('There is nothing to pack: npm run build')
    await step('pack', pack)
    await step('install', install)
    await step('binary', checkBinary)
    await step('exports', checkExports)
    await step('types', checkTypes)
    await step('run', runPrograms)
    await step('run', runCodec)
    await step('run', runMetrics)
    await step('run', runWithoutTheRest)
    await step('command', runCommand)
    await step('no binary', runWithoutBinary)
    if (process.argv.includes('--compile')) await step('compile', compileInstalled)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
