// The shape of the TypeScript sources that no linter knows of.

import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { at, filesUnder, readPackage } from '../lib/project.mjs'

export const name = 'sources begin with what they are; index.ts only re-exports'

/** @returns {string[]} violations */
export function check() {
  const sources = filesUnder('src', (path) => /\.c?ts$/.test(path))
  return [
    ...sources
      .filter((path) => !beginsWithComment(path))
      .map((path) => `${path}: the first lines do not say what it is`),
    ...sources.filter((path) => path.endsWith('/index.ts')).flatMap(indexProblems),
    ...exportProblems(),
  ]
}

/** @param {string} path */
function beginsWithComment(path) {
  return /^(#!.*\n)?\/[/*]/.test(readFileSync(at(path), 'utf8'))
}

/** @param {string} path */
function indexProblems(path) {
  const file = ts.createSourceFile(path, readFileSync(at(path), 'utf8'), ts.ScriptTarget.ES2023)
  return file.statements
    .filter((statement) => !(ts.isExportDeclaration(statement) && statement.moduleSpecifier))
    .map((statement) => {
      const { line } = file.getLineAndCharacterOfPosition(statement.getStart(file))
      return `${path}:${line + 1}: an index holds exports of other files, nothing else`
    })
}

/** Each entry point of the package has a source; `types` stands first, or TypeScript does not see it. */
function exportProblems() {
  const { exports } = readPackage()
  return Object.entries(exports).flatMap(([subpath, conditions]) => {
    if (typeof conditions === 'string') return []
    return Object.entries(conditions).flatMap(([format, files]) =>
      Object.keys(files)[0] === 'types'
        ? []
        : [`package.json: exports["${subpath}"].${format}: types must be first`],
    )
  })
}
