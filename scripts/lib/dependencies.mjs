// Whether node_modules holds what package-lock.json says, and putting it there.

import { existsSync, readFileSync } from 'node:fs'
import { at } from './project.mjs'
import { must, StepError } from './step.mjs'
import { npm } from './toolchain.mjs'

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockEntry
 * @typedef {{ packages: Record<string, LockEntry> }} Lock
 */

/** @param {string} path @returns {Lock | undefined} */
function readLock(path) {
  return existsSync(at(path)) ? JSON.parse(readFileSync(at(path), 'utf8')) : undefined
}

/**
 * Compares with npm's own record of what it installed: times say little after a checkout. Optional packages
 * may be missing, being those of other platforms.
 */
export function dependenciesAreCurrent() {
  const wanted = readLock('package-lock.json')
  const installed = readLock('node_modules/.package-lock.json')
  if (!wanted || !installed) return false
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (path === '') return true
    const present = installed.packages[path]
    if (!present) return entry.optional === true
    return present.version === entry.version && present.integrity === entry.integrity
  })
}

/**
 * `npm ci`. No package's install script runs: the native ones come with binaries in optional packages, and a
 * script is how a bad release would attack.
 */
export async function installDependencies() {
  const { command, args } = npm()
  try {
    await must(command, [
      ...args,
      'ci',
      '--include=dev',
      '--include=optional',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    ])
  } catch (error) {
    if (error instanceof StepError) error.message = 'npm ci failed: is the package registry reachable?'
    throw error
  }
}
