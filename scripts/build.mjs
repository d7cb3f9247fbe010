// Everything that the package ships: dist/, and this platform's binary, stripped, under prebuilds/.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { buildDist, distIsCurrent } from './build-dist.mjs'
import { addonIsCurrent, binary, buildAddon } from './build-native.mjs'
import { platformName } from './lib/platform.mjs'
import { at } from './lib/project.mjs'
import { must, runMain, step } from './lib/step.mjs'
import { checkNode } from './lib/toolchain.mjs'

/** Other platforms' binaries stay: a release gathers them from several machines. */
async function copyBinary() {
  const target = `prebuilds/${platformName()}/daybook.node`
  mkdirSync(dirname(at(target)), { recursive: true })
  rmSync(at(target), { force: true })
  copyFileSync(at(binary), at(target))
  await must('strip', process.platform === 'darwin' ? ['-x', at(target)] : ['--strip-unneeded', at(target)])
  return target
}

await runMain(async () => {
  checkNode()
  if (!addonIsCurrent()) await step('addon', buildAddon)
  if (!distIsCurrent()) await step('typescript', buildDist)
  await step('binary', copyBinary)
})
