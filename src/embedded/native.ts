// Finds and loads the native addon. No other file does. Nothing is loaded before the first use.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type DaybookError, errorFromCode } from '../log/errors.js'
import type { NativeAddon } from './addon.js'
import here from './package-here.cjs'

/** What decides which binary is loaded. */
export interface Host {
  readonly platform: NodeJS.Platform
  readonly arch: string
  /** The C library of this process. Asked only if it matters. */
  readonly isMusl: () => boolean
  /** The folder of the package. Undefined if a bundler has taken this file out of it. */
  readonly root: string | undefined
  /** DAYBOOK_NATIVE_PATH: this binary and no other. */
  readonly nativePath: string | undefined
}

/** A place to look at, and its name in a message. */
interface Candidate {
  readonly path: string
  readonly note: string
}

let loaded: NativeAddon | undefined

/**
 * The addon of this platform; the same object on every call.
 * @throws ERR_DAYBOOK_NO_BINARY, and looks again on the next call
 */
export function loadNative(): NativeAddon {
  loaded ??= loadFor(thisHost())
  return loaded
}

/**
 * Loads the first binary that is there. One that is there and does not load is an error: another one might
 * be an old copy.
 */
export function loadFor(host: Host): NativeAddon {
  const places = candidates(host)
  const found = places.find(({ path }) => existsSync(path))
  if (found === undefined) throw noBinary(host, `looked for ${list(places)}`)
  try {
    return here.require(found.path) as NativeAddon
  } catch (cause) {
    throw noBinary(host, `${found.path} does not load`, cause)
  }
}

/** What was compiled here goes before what was shipped: whoever compiles means to use it. */
function candidates({ platform, arch, isMusl, root, nativePath }: Host): Candidate[] {
  if (nativePath) return [{ path: nativePath, note: ' (DAYBOOK_NATIVE_PATH)' }]
  if (root === undefined) return []
  const compiled = { path: join(root, 'build/Release/daybook.node'), note: '' }
  if (existsSync(compiled.path)) return [compiled]
  const name = `${platform}-${arch}${platform === 'linux' && isMusl() ? '-musl' : ''}`
  return [compiled, { path: join(root, 'prebuilds', name, 'daybook.node'), note: '' }]
}

function list(places: readonly Candidate[]): string {
  if (places.length === 0) return 'the package that this code is part of, in vain'
  return places.map(({ path, note }) => path + note).join(' and ')
}

function noBinary(host: Host, what: string, cause?: unknown): DaybookError {
  const library = host.platform === 'linux' ? (host.isMusl() ? ', musl' : ', glibc') : ''
  const subject = `No native binary of daybook for ${host.platform} ${host.arch}${library}: ${what}.`
  const reason = cause instanceof Error ? ` (${cause.message.split('\n', 1)[0]})` : ''
  return errorFromCode('ERR_DAYBOOK_NO_BINARY', `${subject}${reason} ${remedy(host)}`, { cause })
}

function remedy({ platform, root, nativePath }: Host): string {
  if (nativePath) return 'Correct DAYBOOK_NATIVE_PATH, or unset it.'
  if (root === undefined) return 'Keep daybook out of the bundle, or set DAYBOOK_NATIVE_PATH to its binary.'
  if (platform === 'win32') return 'It runs on Linux and macOS; openMemory() works everywhere.'
  return `With a C++20 compiler, make and Python 3 at hand, compile it: ${compileCommand(root)}`
}

/** A checkout has a script for this, and node-gyp among its dependencies; an installed package has not. */
export function compileCommand(root: string): string {
  const isCheckout = existsSync(join(root, 'scripts/build-native.mjs'))
  return isCheckout
    ? `npm --prefix "${root}" run build:native`
    : `npx --yes node-gyp@12 rebuild --directory "${root}"`
}

function thisHost(): Host {
  return {
    platform: process.platform,
    arch: process.arch,
    isMusl: processIsMusl,
    root: packageRoot(here.directory),
    nativePath: process.env['DAYBOOK_NATIVE_PATH'],
  }
}

/** The nearest folder above `directory` with this package's package.json. */
export function packageRoot(directory: string): string | undefined {
  for (let folder = directory; dirname(folder) !== folder; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'daybook') return folder
  }
  return undefined
}

/** Node's report on the process names the version of glibc where that is the C library. */
function processIsMusl(): boolean {
  // The report would look up the names of connected hosts, and wait for them.
  const settings = process.report as typeof process.report & { excludeNetwork?: boolean }
  const { excludeNetwork } = settings
  settings.excludeNetwork = true
  try {
    const report = settings.getReport() as { header?: { glibcVersionRuntime?: string } }
    return report.header?.glibcVersionRuntime === undefined
  } finally {
    settings.excludeNetwork = excludeNetwork ?? false
  }
}
