// Links between the documents lead somewhere: the file is there, and so is the heading.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import { at, filesUnder } from '../lib/project.mjs'

export const name = 'links in documents resolve'

/** @returns {string[]} violations */
export function check() {
  const documents = filesUnder(
    '.',
    (path) => path.endsWith('.md') && !/^(dist|build|coverage|\.tap)/.test(path),
  )
  return documents.flatMap((path) =>
    linksIn(path).flatMap(({ line, target }) => problemOf(path, line, target)),
  )
}

/** @param {string} path */
function linesOutsideCode(path) {
  let isCode = false
  return readFileSync(at(path), 'utf8')
    .split('\n')
    .map((text) => {
      if (/^\s*(```|~~~)/.test(text)) {
        isCode = !isCode
        return ''
      }
      return isCode ? '' : text
    })
}

/** @param {string} path */
function linksIn(path) {
  return linesOutsideCode(path).flatMap((text, index) =>
    [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map((match) => ({
      line: index + 1,
      target: match[1] ?? '',
    })),
  )
}

/** @param {string} path @param {number} line @param {string} target */
function problemOf(path, line, target) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return []
  const [file = '', anchor] = target.split('#')
  const linked = file === '' ? path : posix.join(dirname(path), decodeURI(file))
  if (linked.startsWith('..')) return [`${path}:${line}: ${target} leads out of the project`]
  if (!existsSync(at(linked))) return [`${path}:${line}: ${target}: there is no ${linked}`]
  if (anchor && linked.endsWith('.md') && !anchorsOf(linked).includes(anchor))
    return [`${path}:${line}: ${target}: no such heading in ${linked}`]
  return []
}

/** Headings as links name them: lower case, no punctuation, dashes for blanks. @param {string} path */
function anchorsOf(path) {
  return linesOutsideCode(path)
    .filter((text) => /^#{1,6} /.test(text))
    .map((text) =>
      text
        .replace(/^#+ /, '')
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    )
}
