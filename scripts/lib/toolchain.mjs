// What a build needs of the machine: found, or missed with one clear sentence.

import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './project.mjs'
import { run, StepError } from './step.mjs'

const oldestNode = 20

/** Throws a StepError on a Node.js that is too old. */
export function checkNode(version = process.versions.node) {
  if (Number.parseInt(version, 10) >= oldestNode) return
  throw new StepError(
    `daybook needs Node.js ${oldestNode} or newer; this is ${version} (${process.execPath}).`,
  )
}

/**
 * Finds what node-gyp needs. Throws a StepError that names what is missing: Python 3, make, a C++20 compiler.
 * @returns {Promise<Record<string, string>>} environment for the build
 */
export async function findCompiler(env = process.env) {
  const missing = []
  const python = ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']
  if (!(await firstThatRuns([env['PYTHON'] ?? 'python3', 'python'], python)))
    missing.push('Python 3.8 or newer')
  if (!(await firstThatRuns(['make', 'gmake'], ['--version']))) missing.push('make')
  const knowsCxx20 = ['-std=c++20', '-fsyntax-only', '-include', 'span', '-x', 'c++', '/dev/null']
  const compiler = await firstThatRuns(env['CXX'] ? [env['CXX']] : ['g++', 'clang++'], knowsCxx20)
  if (!compiler) missing.push('a C++20 compiler (g++ 11 or clang++ 14, or newer)')
  if (missing.length === 0) return compiler === 'clang++' ? { CXX: 'clang++', CC: 'clang' } : {}
  const remedy =
    process.platform === 'darwin'
      ? 'xcode-select --install'
      : 'Debian, Ubuntu: apt-get install g++ make python3'
  throw new StepError(
    `To compile the native part this machine lacks ${new Intl.ListFormat('en').format(missing)}. (${remedy})`,
  )
}

/** @param {string[]} commands @param {string[]} args @returns {Promise<string | undefined>} */
async function firstThatRuns(commands, args) {
  for (const command of commands) {
    // A compiler may be given with arguments, as in CXX="ccache g++".
    const [name = '', ...rest] = command.split(' ')
    if ((await run(name, [...rest, ...args], { timeout: 30_000 })).code === 0) return command
  }
  return undefined
}

/** node-gyp of this project, as arguments of `node`. */
export function nodeGyp() {
  const require = createRequire(join(root, 'package.json'))
  return [require.resolve('node-gyp/bin/node-gyp.js')]
}

/**
 * The prefix whose include/node holds the headers of this Node.js, if they lie beside it: then the build
 * needs no network. Otherwise node-gyp downloads them, once per version.
 * @returns {string | undefined}
 */
export function nodePrefix() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined
}

/** The folder of node_api.h: beside Node.js, or in the cache of node-gyp (filled if need be). */
export async function nodeInclude() {
  const prefix = nodePrefix()
  if (prefix) return join(prefix, 'include/node')
  const version = process.versions.node
  const caches = [
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'node-gyp'),
    join(homedir(), 'Library/Caches/node-gyp'),
  ]
  const find = () => caches.find((cache) => existsSync(cache) && readdirSync(cache).includes(version))
  if (!find()) await run(process.execPath, [...nodeGyp(), 'install'])
  const cache = find()
  if (!cache)
    throw new StepError(`The headers of Node.js ${version} are neither beside it nor to be downloaded.`)
  return join(cache, version, 'include/node')
}

/** npm, as command and leading arguments: the one that runs this script, else the one on the path. */
export function npm() {
  const running = process.env['npm_execpath']
  return running && /npm-cli\.c?js$/.test(running)
    ? { command: process.execPath, args: [running] }
    : { command: 'npm', args: /** @type {string[]} */ ([]) }
}
