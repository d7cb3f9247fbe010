// Compiles src/ to dist/esm and dist/cjs, each with its own declarations, if the sources have changed.
//
//   node scripts/build-dist.mjs [--force]

import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { at, filesUnder, isStamped, signatureOf, writeStamp } from './lib/project.mjs'
import { isMain, run, runMain, StepError, step } from './lib/step.mjs'

const stamp = 'dist/.stamp'
const formats = ['esm', 'cjs']

function distSignature() {
  const configs = ['tsconfig.json', ...formats.map((format) => `tsconfig.${format}.json`)]
  return signatureOf([...filesUnder('src'), ...configs, 'package-lock.json'])
}

export function distIsCurrent() {
  return isStamped(stamp, distSignature())
}

/** Compiles both formats at once. Throws a StepError with the compiler's output. */
export async function buildDist() {
  const signature = distSignature()
  rmSync(at('dist'), { recursive: true, force: true })
  const results = await Promise.all(
    formats.map((format) =>
      run(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', `tsconfig.${format}.json`]),
    ),
  )
  const failed = results.find((result) => result.code !== 0)
  if (failed)
    throw new StepError(
      'The TypeScript sources do not compile; what the compiler said is above.',
      failed.output,
    )
  // The package is of type "module"; the nearest package.json says what a .js file is.
  writeFileSync(at('dist/cjs/package.json'), '{ "type": "commonjs" }\n')
  const command = at('dist/esm/cli/main.js')
  if (existsSync(command)) chmodSync(command, 0o755)
  writeStamp(stamp, signature)
  return formats.map((format) => `dist/${format}`).join(', ')
}

async function main() {
  if (process.argv.includes('--force')) rmSync(at('dist'), { recursive: true, force: true })
  if (distIsCurrent()) console.log('dist is up to date')
  else await step('typescript', buildDist)
}

if (isMain(import.meta.url)) await runMain(main)
