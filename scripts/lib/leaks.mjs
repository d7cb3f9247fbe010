// What the leak detector of the address sanitizer has found, as far as it is ours.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Options with which it looks, and writes into a folder. Node itself ends without giving everything back, so
 * leaks do not decide how a process ends; any other finding aborts it.
 * @param {string} folder
 */
export const leakEnvironment = (folder) => ({
  ASAN_OPTIONS: `detect_leaks=1:exitcode=0:abort_on_error=1:log_path=${join(folder, 'asan')}`,
  UBSAN_OPTIONS: 'print_stacktrace=1:abort_on_error=1',
  LSAN_OPTIONS: 'print_suppressions=0',
})

/**
 * Blocks that our code has asked for, but for two that Node keeps: what stands behind an external value is
 * deleted when the value is collected, and not when the thread ends; what stands behind a promise, when it is
 * settled, which a thread that is ending refuses.
 * @param {string} report
 */
const isOurs = (report) =>
  /leak of \d+ byte/.test(report) &&
  /\bdaybook::/.test(report) &&
  !/ in napi_create_(external|promise) /.test(report)

/** @param {string} folder @returns {string[]} a report for each, or for another error */
export function leaksIn(folder) {
  const reports = readdirSync(folder)
    .filter((name) => name.startsWith('asan.'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
  return reports.flatMap((text) =>
    /ERROR: AddressSanitizer|runtime error:/.test(text) ? [text] : text.split('\n\n').filter(isOurs),
  )
}
