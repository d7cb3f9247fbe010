// Memory of `daybook import` while it imports lines from a pipe. See README.md.
//
//   npm run soak:import -- [--lines 10000000] [--directory <dir>]

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { at } from '../scripts/lib/project.mjs'
import { readArguments, usage } from './soak/import-options.mjs'
import { ImportReport, watchMemory } from './soak/import-report.mjs'
import { chunkOfLines, isLine, lineNumberOf, usersOf, userTag } from './soak/known-lines.mjs'
import { mib } from './soak/text.mjs'
import { runSoak } from './support/arguments.mjs'

const linesAtOnce = 1000
const lookUps = 1000

await runSoak({ name: 'import', usage, readArguments }, soak)

/** @param {string} directory @param {ReturnType<typeof readArguments>} options */
async function soak(directory, { lines, boundBytes }) {
  const { peak, code, output } = await importFromPipe(directory, lines)
  const isWhole = code === 0 && output.startsWith(`${lines.toLocaleString('en')} records imported`)
  if (!isWhole) console.log(`the import ended with exit code ${code}`)
  const wrong = code === 0 ? await readBack(directory, lines) : 0
  const isHeld = peak <= boundBytes
  console.log(
    `memory of the process: at most ${mib(peak)} MiB; bound ${mib(boundBytes)} MiB: ` +
      (isHeld ? 'held' : 'NOT HELD'),
  )
  if (wrong > 0) console.log(`${wrong} answers are WRONG`)
  return isWhole && isHeld && wrong === 0 ? 0 : 1
}

/** @param {string} directory @param {number} lines */
async function importFromPipe(directory, lines) {
  const args = ['import', directory, '--book', 'events', '--tag', 'user=user.id', '--tag', 'kind']
  const child = spawn(process.execPath, [at('dist/esm/cli/main.js'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  child.stdin.on('error', () => {})
  const watch = watchMemory(child.pid ?? 0)
  const report = new ImportReport(lines, watch)
  for (let next = 0; next < lines && child.exitCode === null; next += linesAtOnce) {
    const chunk = chunkOfLines(next, Math.min(linesAtOnce, lines - next))
    if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), ended])
    report.show(Math.min(next + linesAtOnce, lines))
  }
  child.stdin.end()
  const [code] = await ended
  watch.stop()
  process.stdout.write(output)
  return { peak: watch.peak, code, output }
}

/** Gives how many answers were wrong. @param {string} directory @param {number} lines */
async function readBack(directory, lines) {
  const { open } = await import('../dist/esm/index.js')
  const log = await open(directory)
  const book = log.book('events')
  let wrong = (await book.tail()) === lines - 1 ? 0 : 1
  for (let i = 0; i < lookUps; i++) {
    const line = Math.floor((i * lines) / lookUps)
    if (!isLine(line, book.getSync(line)?.data)) wrong++
    const user = line % usersOf(lines)
    const first = book.readNextSync({ tag: userTag(user) })
    if (first === null || first.seqnum !== user || lineNumberOf(first.data) !== user) wrong++
  }
  await log.close()
  return wrong
}
