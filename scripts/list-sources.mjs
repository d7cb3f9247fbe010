// Prints the addon's C++ sources, one per line, relative to the package: the core's list and the binding's.
// binding.gyp calls it; CMakeLists.txt reads the same two lists itself.

import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What a list names, relative to the package; the list is relative to native/. @param {string} list */
export function sourcesOf(list) {
  return readFileSync(join(root, list), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => posix.join('native', line))
}

export const coreList = 'native/sources.txt'
export const bindingList = 'native/binding/sources.txt'

if (realpathSync(process.argv[1] ?? '.') === fileURLToPath(import.meta.url)) {
  console.log([...sourcesOf(coreList), ...sourcesOf(bindingList)].join('\n'))
}
