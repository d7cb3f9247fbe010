// The layers of the core, as seen in its #include lines: binding -> runtime -> log -> env -> base.

import { readFileSync } from 'node:fs'
import { at, filesUnder } from '../lib/project.mjs'

/** From the bottom up; each may include itself and what stands before it. `include` is open to all. */
const layers = ['base', 'env', 'log', 'runtime', 'binding']
const publicFolder = 'include'
/** Folders beside the layers: they see all of the core, and nothing of the binding. */
const outsiders = ['bench', 'fuzz']
const nodeHeaders = /^(napi|node_api|node|node_.*|js_native_api.*|v8.*|uv)(\.h)?$/

export const name = 'native includes go downward'

/** @returns {string[]} violations */
export function check() {
  return filesUnder('native', (path) => /\.(cc|h)$/.test(path)).flatMap((path) =>
    includesOf(path).flatMap(({ line, target, isQuoted }) => {
      const problem = isQuoted ? quotedProblem(layerOf(path), target) : systemProblem(layerOf(path), target)
      return problem ? [`${path}:${line}: ${problem}`] : []
    }),
  )
}

/** @param {string} path */
export function includesOf(path) {
  const lines = readFileSync(at(path), 'utf8').split('\n')
  return lines.flatMap((text, index) => {
    const match = /^\s*#\s*include\s*(["<])([^">]+)[">]/.exec(text)
    return match ? [{ line: index + 1, target: match[2] ?? '', isQuoted: match[1] === '"' }] : []
  })
}

/** @param {string} path */
function layerOf(path) {
  return path.split('/')[1] ?? ''
}

/** @param {string} from @param {string} target */
function quotedProblem(from, target) {
  const [folder = '', ...rest] = target.split('/')
  if (rest.length === 0) return `"${target}": write the path from native/ or native/include/`
  if (folder === 'daybook') return undefined
  if (folder === from && outsiders.includes(from)) return undefined
  if (!layers.includes(folder)) return `"${target}" is in no layer (${layers.join(', ')})`
  if (outsiders.includes(from)) return folder === 'binding' ? `${from}/ may not see the binding` : undefined
  if (from === publicFolder) return `the public headers include one another alone, not "${target}"`
  if (!layers.includes(from)) return `native/${from}/ is no layer (${layers.join(', ')})`
  return layers.indexOf(folder) > layers.indexOf(from)
    ? `${from}/ may not see ${folder}/ ("${target}")`
    : undefined
}

/** @param {string} from @param {string} target */
function systemProblem(from, target) {
  return nodeHeaders.test(target) && from !== 'binding' ? `<${target}>: the core never sees Node` : undefined
}
