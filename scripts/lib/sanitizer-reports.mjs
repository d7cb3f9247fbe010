// What a sanitizer has found in a process of Node.js with a sanitized addon, as far as it is ours: Node is
// not made for one, and ends without giving everything back.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Options with which they write what they find into a folder, and findings that Node causes do not decide how
 * the process ends. An error of memory, or undefined behaviour, aborts it.
 * @param {string} folder
 */
export const reportEnvironment = (folder) => ({
  ASAN_OPTIONS: `detect_leaks=1:exitcode=0:abort_on_error=1:log_path=${join(folder, 'report')}`,
  LSAN_OPTIONS: 'print_suppressions=0',
  UBSAN_OPTIONS: 'print_stacktrace=1:abort_on_error=1',
  TSAN_OPTIONS: `exitcode=0:second_deadlock_stack=1:log_path=${join(folder, 'report')}`,
})

/**
 * Blocks that our code has asked for, but for two that Node keeps: what stands behind an external value is
 * deleted when the value is collected, and not when the thread ends; what stands behind a promise, when it is
 * settled, which a thread that is ending refuses.
 * @param {string} report
 */
const isOurLeak = (report) =>
  /leak of \d+ byte/.test(report) &&
  /\bdaybook::/.test(report) &&
  !/ in napi_create_(external|promise) /.test(report)

/** @param {string} report */
const isOurRace = (report) => /WARNING: ThreadSanitizer/.test(report) && /\bdaybook::/.test(report)

/** @param {string} folder @returns {string[]} each by itself */
export function reportsIn(folder) {
  const files = readdirSync(folder)
    .filter((name) => name.startsWith('report.'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
  return files.flatMap((text) => {
    if (/ERROR: AddressSanitizer|runtime error:/.test(text)) return [text]
    const races = text.split('==================').filter(isOurRace)
    return [...races, ...text.split('\n\n').filter(isOurLeak)]
  })
}
