// Makes a checkout ready to run: installs the dependencies, compiles the addon and the TypeScript sources,
// each only if it must. `npm start` and `npm test` call it first. It needs nothing but Node.js, a C++
// compiler, make and Python 3, and imports nothing that is not part of Node.js.

import { buildDist, distIsCurrent } from './build-dist.mjs'
import { addonIsCurrent, buildAddon } from './build-native.mjs'
import { dependenciesAreCurrent, installDependencies } from './lib/dependencies.mjs'
import { runMain, step } from './lib/step.mjs'
import { checkNode } from './lib/toolchain.mjs'

/** @type {{ name: string, announced: string, isDone(): boolean, work(): Promise<string | undefined> }[]} */
const steps = [
  { name: 'dependencies', announced: 'install', isDone: dependenciesAreCurrent, work: install },
  // Another addon than the usual one is its maker's business (the sanitizer runs set this).
  { name: 'addon', announced: 'compile', isDone: () => hasOwnAddon() || addonIsCurrent(), work: buildAddon },
  { name: 'typescript', announced: 'compile', isDone: distIsCurrent, work: buildDist },
]

async function install() {
  await installDependencies()
  return 'node_modules'
}

function hasOwnAddon() {
  return process.env['DAYBOOK_NATIVE_PATH'] !== undefined
}

async function main() {
  checkNode()
  const due = steps.filter((each) => !each.isDone())
  if (due.length === 0) return
  console.log(`Setting up: ${due.map((each) => `${each.announced} ${each.name}`).join(', ')}.`)
  for (const { name, work } of due) await step(name, work)
  console.log('')
}

await runMain(main)
