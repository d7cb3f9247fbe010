// Tries a packed tarball on this machine: in an empty folder, without a compiler and without install scripts,
// with nothing of this project but the programs that a user would write first.
//
//   node scripts/try-tarball.mjs <the tarball, or the folder that holds it alone>

import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { platformName } from './lib/platform.mjs'
import { at, readPackage } from './lib/project.mjs'
import { isMain, must, runMain, StepError, step } from './lib/step.mjs'
import { npm } from './lib/toolchain.mjs'

const programs = ['program.mjs', 'program.cjs', 'both.mjs']

/** @param {string} path */
function tarballAt(path) {
  if (!statSync(path).isDirectory()) return resolve(path)
  const tarballs = readdirSync(path).filter((name) => name.endsWith('.tgz'))
  if (tarballs.length !== 1)
    throw new StepError(`There must be one tarball in ${path}, not ${tarballs.length}.`)
  return resolve(path, /** @type {string} */ (tarballs[0]))
}

/** @param {string} tarball @param {string} app an empty folder */
async function tryIn(tarball, app) {
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "version": "1.0.0", "private": true }\n')
  for (const program of programs) copyFileSync(at('scripts/pack-check', program), join(app, program))
  await step('install', async () => {
    const { command, args } = npm()
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund']
    await must(command, [...args, 'install', ...flags, tarball], { cwd: app })
    return platformName()
  })
  for (const [i, program] of programs.entries()) {
    await step('run', async () => {
      await must(process.execPath, [program, join(app, `data-${i}`)], { cwd: app })
      return program
    })
  }
  await step('command', async () => {
    const version = (await must(join(app, 'node_modules/.bin/daybook'), ['--version'], { cwd: app })).trim()
    if (version !== readPackage().version) throw new StepError(`daybook --version says "${version}"`)
    return version
  })
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const tarball = tarballAt(process.argv[2] ?? '.')
    const app = mkdtempSync(join(tmpdir(), 'daybook-app-'))
    try {
      await tryIn(tarball, app)
    } finally {
      rmSync(app, { recursive: true, force: true })
    }
  })
}
