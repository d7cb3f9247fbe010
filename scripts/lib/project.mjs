// Where things are, and which files a build is made from.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** A path inside the project. @param {...string} parts */
export const at = (...parts) => join(root, ...parts)

/** The project's package.json. */
export const readPackage = () => JSON.parse(readFileSync(at('package.json'), 'utf8'))

const skipped = new Set(['node_modules', '.git'])

/**
 * All files under a folder, relative to the project with forward slashes, sorted; none if it is not there.
 * @param {string} folder
 * @param {(path: string) => boolean} [wanted]
 * @returns {string[]}
 */
export function filesUnder(folder, wanted = () => true) {
  const found = /** @type {string[]} */ ([])
  const walk = (/** @type {string} */ directory) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) walk(path)
      } else if (entry.isFile()) {
        found.push(relative(root, path).split(sep).join('/'))
      }
    }
  }
  if (existsSync(at(folder))) walk(at(folder))
  return found.filter(wanted).sort()
}

/** C++ files of the addon and the core: not tests, benchmarks or fuzz targets. @param {string} path */
export const isShippedNative = (path) =>
  /\.(cc|h)$|sources\.txt$/.test(path) &&
  !/_test\.cc$|test_support\.(cc|h)$/.test(path) &&
  !/^native\/(bench|fuzz)\//.test(path)

/**
 * What a build is made from, as one string: it changes when a file changes, comes or goes. Contents, not
 * times: a checkout touches files that it does not change.
 * @param {string[]} paths
 * @param {string} [extra]
 */
export function signatureOf(paths, extra = '') {
  const hash = createHash('sha256').update(extra)
  for (const path of paths) hash.update(`\0${path}\0`).update(readFileSync(at(path)))
  return hash.digest('hex')
}

/**
 * True if `stamp` says that the build was made from `signature`.
 * @param {string} stamp @param {string} signature
 */
export const isStamped = (stamp, signature) =>
  existsSync(at(stamp)) && readFileSync(at(stamp), 'utf8') === signature

/** @param {string} stamp @param {string} signature */
export function writeStamp(stamp, signature) {
  mkdirSync(dirname(at(stamp)), { recursive: true })
  writeFileSync(at(stamp), signature)
}
