// Memory that does not grow with the log, in processes of their own: what bench/memory.mjs and
// bench/import.mjs show for long logs, in small.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const timeoutMs = 300_000
t.setTimeout(timeoutMs)

/** Elsewhere, and under sanitizers, nobody knows what of a process's memory is the log's. */
const skip =
  readsMemory() && process.env['DAYBOOK_NATIVE_PATH'] === undefined ? false : 'memory cannot be measured here'

function readsMemory(): boolean {
  try {
    return /^RssAnon:/m.test(readFileSync('/proc/self/status', 'utf8'))
  } catch {
    return false
  }
}

async function soak(t: Test, script: string, ...args: string[]): Promise<void> {
  t.setTimeout(timeoutMs)
  const path = fileURLToPath(new URL(`../../bench/${script}`, import.meta.url))
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, [path, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr }),
    )
  })
  t.equal(code, 0, output)
  t.comment(`counted: ${output.trimEnd().split('\n').at(-1)}`)
}

// Their index alone would take three times the bound if it were in memory.
t.test('five million records with half a million tags take no more memory than they may', { skip }, (t) =>
  soak(t, 'memory.mjs', '--records', '5000000', '--keys', '500000', '--memory', '16', '--slack', '64'),
)

t.test('an import does not hold what it has imported', { skip }, (t) =>
  soak(t, 'import.mjs', '--lines', '1000000', '--bound', '256'),
)
