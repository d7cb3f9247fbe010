// What holds for every text file: size, width, no left-over markers, no paths of one machine.

import { readFileSync } from 'node:fs'
import { at, filesUnder } from '../lib/project.mjs'

const linesMax = 500
const widthMax = 110

/**
 * Files that were longer when this rule came, with their lines. The list only shrinks: a file may not grow,
 * and leaves the list as soon as it fits.
 * @type {Record<string, number>}
 */
const longFiles = {}

const folders = ['src', 'test', 'native', 'scripts', 'bench', 'examples', 'docs', '.ci', '.github']
const isCode = (/** @type {string} */ path) => /\.(ts|cts|mts|mjs|cjs|js|cc|h)$/.test(path)
const isText = (/** @type {string} */ path) =>
  (isCode(path) || /\.(md|json|txt|yml|gyp|cmake)$/.test(path)) &&
  !/^(test\/fixtures|bench\/node_modules)\//.test(path)

/** Left behind by unfinished work. Written so that this file does not find itself. */
const markers = [
  /\bTO[D]O\b/,
  /\bFIX[M]E\b/,
  /\bX[X]X\b/,
  /\bHA[C]K\b/,
  /\bnot (yet )?impl[e]mented\b/i,
  /\bdebugg[e]r\b;?$/,
]

/** Places on one machine, and where packages were fetched from. */
const machine = [
  /(^|[\s"'`(=:])\/(root|work|home\/\w+)\//,
  /https?:\/\/(registry\.|[\w.-]*(mirror|proxy)[\w.-]*)/i,
]

export const name = 'texts are short, narrow and finished'

/** @returns {string[]} violations */
export function check() {
  const roots = filesUnder('.', (path) => !path.includes('/') && /\.(md|json|cjs|gyp|txt)$/.test(path))
  const files = [...folders.flatMap((folder) => filesUnder(folder, isText)), ...roots]
  return files.flatMap((path) => {
    const text = readFileSync(at(path), 'utf8')
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    return [
      ...(path === 'package-lock.json' ? [] : sizeOf(path, lines.length)),
      ...(text === '' || text.endsWith('\n') ? [] : [`${path}: the last line has no end`]),
      ...lines.flatMap((line, index) =>
        lineProblems(path, line).map((problem) => `${path}:${index + 1}: ${problem}`),
      ),
    ]
  })
}

/** @param {string} path @param {number} lines */
function sizeOf(path, lines) {
  const allowed = longFiles[path]
  if (allowed === undefined)
    return lines > linesMax ? [`${path}: ${lines} lines, at most ${linesMax}: it is two things`] : []
  if (lines > allowed) return [`${path}: grew from ${allowed} to ${lines} lines; it may only shrink`]
  return lines < allowed ? [`${path}: ${lines} lines now; lower its number in scripts/tidy/text.mjs`] : []
}

/** @param {string} path @param {string} line */
function lineProblems(path, line) {
  const problems = []
  if (isCode(path) && [...line].length > widthMax && !/https?:\/\//.test(line))
    problems.push(`wider than ${widthMax}`)
  if (/\r$/.test(line)) problems.push('ends with a carriage return')
  if (/[ \t]$/.test(line) && !path.endsWith('.md')) problems.push('ends with a blank')
  if (isCode(path) && line.includes('\t')) problems.push('holds a tab')
  if (markers.some((marker) => marker.test(line))) problems.push('left-over marker')
  if (machine.some((pattern) => pattern.test(line))) problems.push('a path or host of one machine')
  return problems
}
