// Which binary is loaded, and what a user is told where there is none.

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { compileCommand, type Host, loadFor, loadNative, packageRoot } from '../../../src/embedded/native.js'
import { type DaybookError, isDaybookError } from '../../../src/log/errors.js'

const project = fileURLToPath(new URL('../../..', import.meta.url))

/** A package in `root` on a platform that is none of ours: only what the test puts there can be found. */
function host(root: string | undefined, changes: Partial<Host> = {}): Host {
  return { platform: 'linux', arch: 'mips', isMusl: () => false, root, nativePath: undefined, ...changes }
}

function put(path: string, content = 'no binary'): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

function refusal(load: () => unknown): DaybookError {
  try {
    load()
  } catch (error) {
    if (isDaybookError(error)) return error
    throw error
  }
  throw new Error('a binary was loaded')
}

t.test('the addon of this machine is loaded once', async (t) => {
  const addon = loadNative()
  t.type(addon.logOpen, 'function')
  t.equal(loadNative(), addon)
})

t.test('where there is no binary, the error says where it looked and how to get one', async (t) => {
  const root = t.testdir()
  const error = refusal(() => loadFor(host(root)))
  t.equal(error.code, 'ERR_DAYBOOK_NO_BINARY')
  t.equal(error.retryable, false)
  for (const part of [
    'linux mips, glibc',
    join(root, 'build/Release/daybook.node'),
    join(root, 'prebuilds/linux-mips/daybook.node'),
    `npx --yes node-gyp@12 rebuild --directory "${root}"`,
  ]) {
    t.ok(error.message.includes(part), `${part} is named in: ${error.message}`)
  }
})

t.test('a glibc binary is never loaded on musl', async (t) => {
  const root = t.testdir()
  const glibc = put(join(root, 'prebuilds/linux-mips/daybook.node'))
  const onMusl = refusal(() => loadFor(host(root, { isMusl: () => true })))
  t.ok(onMusl.message.includes('linux mips, musl'))
  t.ok(onMusl.message.includes(join(root, 'prebuilds/linux-mips-musl/daybook.node')))
  t.notOk(onMusl.message.includes(glibc), onMusl.message)
  t.ok(refusal(() => loadFor(host(root))).message.includes(`${glibc} does not load`))
})

t.test('the C library has no part in the name on other platforms, and is not asked for', async (t) => {
  const root = t.testdir()
  const isMusl = (): boolean => t.fail('asked for the C library')
  const error = refusal(() => loadFor(host(root, { platform: 'darwin', isMusl })))
  t.ok(error.message.includes('darwin mips: '), error.message)
  t.ok(error.message.includes(join(root, 'prebuilds/darwin-mips/daybook.node')))
})

t.test('a binary that was compiled here goes before the shipped one, even if it is broken', async (t) => {
  const root = t.testdir()
  const shipped = join(root, 'prebuilds/linux-mips/daybook.node')
  mkdirSync(dirname(shipped), { recursive: true })
  copyFileSync(process.env['DAYBOOK_NATIVE_PATH'] ?? join(project, 'build/Release/daybook.node'), shipped)
  t.type(loadFor(host(root)).logOpen, 'function', 'the shipped one loads')
  const compiled = put(join(root, 'build/Release/daybook.node'))
  const error = refusal(() => loadFor(host(root)))
  t.ok(error.message.includes(`${compiled} does not load`), error.message)
  t.type(error.cause, Error, 'and says why')
})

t.test('DAYBOOK_NATIVE_PATH means this binary and no other', async (t) => {
  const root = t.testdir()
  const binary = process.env['DAYBOOK_NATIVE_PATH'] ?? join(project, 'build/Release/daybook.node')
  t.type(loadFor(host(root, { nativePath: binary })).logOpen, 'function')
  const missing = join(root, 'none.node')
  const error = refusal(() => loadFor(host(project, { nativePath: missing })))
  t.equal(error.code, 'ERR_DAYBOOK_NO_BINARY')
  t.ok(error.message.includes(`${missing} (DAYBOOK_NATIVE_PATH)`), error.message)
  t.notOk(error.message.includes('build/Release'), 'nowhere else was looked')
})

t.test('code that a bundler took out of the package is told so', async (t) => {
  const error = refusal(() => loadFor(host(undefined)))
  t.equal(error.code, 'ERR_DAYBOOK_NO_BINARY')
  t.match(error.message, /out of the bundle, or set DAYBOOK_NATIVE_PATH/)
})

t.test('a platform without a port is not told to compile', async (t) => {
  const isMusl = (): boolean => t.fail('asked for the C library')
  const error = refusal(() => loadFor(host(t.testdir(), { platform: 'win32', arch: 'x64', isMusl })))
  t.equal(error.code, 'ERR_DAYBOOK_NO_BINARY')
  t.match(error.message, /^No native binary of daybook for win32 x64: looked for .+\./)
  t.match(error.message, /It runs on Linux and macOS; openMemory\(\) works everywhere\.$/)
  t.notMatch(error.message, /node-gyp/)
})

t.test('the package is found from any folder in it, by name', async (t) => {
  const root = t.testdir({
    'package.json': '{ "name": "daybook" }',
    dist: { cjs: { 'package.json': '{ "type": "commonjs" }', embedded: {} } },
  })
  t.equal(packageRoot(join(root, 'dist/cjs/embedded')), root)
  t.equal(packageRoot('/'), undefined)
  t.match(compileCommand(root), /^npx .*node-gyp/)
  t.equal(
    compileCommand(project),
    `npm --prefix "${project}" run build:native`,
    'a checkout has a script for it',
  )
})
