// Where results go: one JSON file per run, and the last one under a fixed name.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { at, root } from '../../scripts/lib/project.mjs'

export const resultsDirectory = at('bench/results')

/** Gives the path of the file, relative to the project. @param {{ startedAt: string }} result */
export function writeResult(result) {
  mkdirSync(resultsDirectory, { recursive: true })
  const text = `${JSON.stringify(result)}\n`
  const path = join(resultsDirectory, `${result.startedAt.replace(/[:.]/g, '-')}.json`)
  for (const each of [path, join(resultsDirectory, 'latest.json')]) writeFileSync(each, text)
  return relative(root, path)
}
