// clang-tidy over the core and the binding, in parallel. It is slow, so what passed is remembered with
// a signature of the file and of all that it includes.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { bindingList, coreList, sourcesOf } from '../list-sources.mjs'
import { includesOf } from '../tidy/native-includes.mjs'
import { at, signatureOf } from './project.mjs'
import { must, run } from './step.mjs'
import { nodeInclude } from './toolchain.mjs'

const folder = 'build-tidy'
const memory = `${folder}/passed.json`

/** @returns {Promise<{ code: number, output: string }>} */
export async function lintNative() {
  const paths = [coreList, bindingList].filter((list) => existsSync(at(list))).flatMap(sourcesOf)
  const passed = new Set(existsSync(at(memory)) ? JSON.parse(readFileSync(at(memory), 'utf8')) : [])
  const version = await must('clang-tidy', ['--version'])
  const sources = paths.map((path) => ({ path, signature: signatureOf(closureOf(path), version + path) }))
  const due = sources.filter(({ signature }) => !passed.has(signature))
  if (due.length > 0) await describe()
  const failures = await inParallel(due, async ({ path, signature }) => {
    const { code, output } = await run('clang-tidy', ['-p', folder, '--quiet', path])
    if (code === 0) passed.add(signature)
    return code === 0 ? [] : [output.replace(/^\d+ warnings? .*\n/gm, '')]
  })
  const current = sources.map(({ signature }) => signature).filter((signature) => passed.has(signature))
  mkdirSync(at(folder), { recursive: true })
  writeFileSync(at(memory), JSON.stringify(current))
  return { code: failures.length === 0 ? 0 : 1, output: failures.join('\n') }
}

/** Writes the compile commands. No precompiled headers: they are the compiler's own. */
async function describe() {
  const flags = ['-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON', `-DDAYBOOK_NODE_INCLUDE=${await nodeInclude()}`]
  await must('cmake', ['-S', '.', '-B', folder, ...flags])
}

/** The file, all that it includes of ours, and the rules. @param {string} path @returns {string[]} */
function closureOf(path) {
  const found = new Set([path])
  for (const each of found) {
    for (const { target, isQuoted } of includesOf(each)) {
      if (!isQuoted) continue
      const header = ['native', 'native/include']
        .map((base) => `${base}/${target}`)
        .find((file) => existsSync(at(file)))
      if (header) found.add(header)
    }
  }
  return [...found, '.clang-tidy', 'CMakeLists.txt'].sort()
}

/**
 * @template T, R
 * @param {T[]} items @param {(item: T) => Promise<R[]>} work
 * @returns {Promise<R[]>}
 */
async function inParallel(items, work) {
  const results = /** @type {R[]} */ ([])
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift())
      results.push(...(await work(item)))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return results
}
