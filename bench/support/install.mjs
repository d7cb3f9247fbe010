// Installs what only the benchmark needs (bench/package.json), when its lock has changed since.

import { at, isStamped, signatureOf, writeStamp } from '../../scripts/lib/project.mjs'
import { must, step } from '../../scripts/lib/step.mjs'
import { npm } from '../../scripts/lib/toolchain.mjs'

const stamp = 'bench/node_modules/.stamp'

export async function installRivals() {
  const signature = signatureOf(['bench/package.json', 'bench/package-lock.json'], process.version)
  if (isStamped(stamp, signature)) return
  await step('rivals', async () => {
    const { command, args } = npm()
    // No install scripts: all of them come with binaries.
    await must(command, [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: at('bench') })
    writeStamp(stamp, signature)
    return 'bench/node_modules'
  })
}
