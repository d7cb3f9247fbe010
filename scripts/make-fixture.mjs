// Makes the golden logs of the format that is current: test/fixtures/logs/v<format>-<what>/. Each folder has
// the files of a log, compressed, and expected.json, which names every record in it. Golden logs of older
// formats are never touched: no version can write them any more, and every version must read them.
//
//   node scripts/make-fixture.mjs [what …]        (npm run fixtures)
//
// Once a version is released, the logs of its format stay as they are, too: make new ones only while the
// format is still changing, or of another `what`. The ids of the logs and the times in them differ each time.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { fixtureLogs, Recorder } from './lib/fixture-logs.mjs'
import { at, readPackage } from './lib/project.mjs'
import { isMain, run, runMain, StepError, step } from './lib/step.mjs'

const folder = at('test/fixtures/logs')
const bytesMax = 300 * 1024
const formatVersionAt = 12

/**
 * In a process of its own: writes the log, says what is in it, and ends as the log wants it.
 * @param {string} what @param {string} directory
 */
async function write(what, directory) {
  /** @type {typeof import('../src/index.js')} */
  const { open } = await import(at('dist/esm/index.js'))
  const wanted = fixtureLogs.find((each) => each.what === what)
  if (wanted === undefined) throw new StepError(`There is no golden log '${what}'.`)
  const { openings, options = {}, isKilled = false } = wanted
  /** @type {Recorder['books']} */
  let books = {}
  for (const [i, opening] of openings.entries()) {
    const log = await open(directory, options)
    const recorder = new Recorder(log)
    recorder.books = books
    await opening(recorder)
    books = recorder.books
    if (i === openings.length - 1) {
      writeFileSync(`${directory}.json`, JSON.stringify(books))
      if (isKilled) process.kill(process.pid, 'SIGKILL')
    }
    await log.close()
  }
}

/** One record a line: what changes can be seen. @param {object} head @param {Recorder['books']} books */
function expectedText(head, books) {
  const bookTexts = Object.entries(books).map(([name, { trimmed, records }]) => {
    const lines = records.map((record) => `   ${JSON.stringify(record)}`).join(',\n')
    const body = `  "trimmed": ${JSON.stringify(trimmed)},\n  "records": [\n${lines}\n  ]`
    return ` ${JSON.stringify(name)}: {\n${body}\n }`
  })
  return `${JSON.stringify(head).slice(0, -1)}, "books": {\n${bookTexts.join(',\n')}\n}}\n`
}

/** @param {import('./lib/fixture-logs.mjs').FixtureLog} fixture @param {string} workspace */
async function make({ what, why, isKilled = false }, workspace) {
  const directory = join(workspace, what)
  const self = fileURLToPath(import.meta.url)
  const { code, output } = await run(process.execPath, [self, '--write', what, directory])
  if ((code !== 0) !== isKilled) throw new StepError(`Writing the log '${what}' went wrong.`, output)
  const format = readFileSync(join(directory, 'manifest-0')).readUInt32LE(formatVersionAt)
  const target = join(folder, `v${format}-${what}`)
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  let bytes = 0
  const put = (/** @type {string} */ name, /** @type {string | Buffer} */ content) => {
    bytes += content.length
    writeFileSync(join(target, name), content)
  }
  // The lock names the machine on which the log was made, and is made again by whoever opens the log.
  const files = readdirSync(directory).filter((name) => name !== 'lock')
  for (const name of files) put(`${name}.gz`, gzipSync(readFileSync(join(directory, name)), { level: 9 }))
  const expected = { what, why, format, daybook: readPackage().version }
  put('expected.json', expectedText(expected, JSON.parse(readFileSync(`${directory}.json`, 'utf8'))))
  return { bytes, note: `v${format}-${what}, ${files.length} files, ${Math.ceil(bytes / 1024)} KiB` }
}

async function main() {
  const [first, ...rest] = process.argv.slice(2)
  if (first === '--write') {
    const [what = '', directory = ''] = rest
    return write(what, directory)
  }
  const chosen = process.argv.slice(2)
  const unknown = chosen.filter((what) => fixtureLogs.every((each) => each.what !== what))
  if (unknown.length > 0) throw new StepError(`There is no golden log '${unknown.join("', '")}'.`)
  const workspace = mkdtempSync(join(tmpdir(), 'daybook-fixtures-'))
  let total = 0
  try {
    for (const fixture of fixtureLogs) {
      if (chosen.length > 0 && !chosen.includes(fixture.what)) continue
      await step(fixture.what, async () => {
        const { bytes, note } = await make(fixture, workspace)
        total += bytes
        return note
      })
    }
  } finally {
    rmSync(workspace, { recursive: true, force: true })
  }
  if (total > bytesMax)
    throw new StepError(`${total} bytes are too many to keep for ever: at most ${bytesMax}.`)
}

if (isMain(import.meta.url)) await runMain(main)
