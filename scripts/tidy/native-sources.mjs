// Every C++ source is compiled: it stands in the one list that it belongs to.

import { existsSync } from 'node:fs'
import { at, filesUnder, isShippedNative } from '../lib/project.mjs'
import { bindingList, coreList, sourcesOf } from '../list-sources.mjs'

export const name = 'lists of native sources are complete'

/** @returns {string[]} violations */
export function check() {
  const sources = filesUnder('native', (path) => path.endsWith('.cc') && isShippedNative(path))
  const isBinding = (/** @type {string} */ path) => path.startsWith('native/binding/')
  return [
    ...compare(
      coreList,
      sources.filter((path) => !isBinding(path)),
    ),
    ...compare(bindingList, sources.filter(isBinding)),
  ]
}

/** @param {string} list @param {string[]} expected sorted */
function compare(list, expected) {
  if (!existsSync(at(list))) return [`${list} is missing`]
  const listed = sourcesOf(list)
  return [
    ...expected.filter((path) => !listed.includes(path)).map((path) => `${path} is not in ${list}`),
    ...listed
      .filter((path) => !expected.includes(path))
      .map((path) => `${list} names ${path}, which is no source`),
    ...listed
      .filter((path, index) => listed.indexOf(path) !== index)
      .map((path) => `${list} names ${path} twice`),
    ...listed
      .filter((path, index) => index > 0 && path < (listed[index - 1] ?? ''))
      .map((path) => `${list}: ${path} is out of order`),
  ]
}
