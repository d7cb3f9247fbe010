// Counting tests in what the runners print, and the part of it that says what failed.

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

/**
 * Assertions in the output of tap (the TAP format, as it is without a terminal). A run that did not get to
 * its summary has failed once, whatever it says.
 * @param {string} output @param {number} code exit code
 * @returns {Count}
 */
export function countTap(output, code) {
  const summary = /^# \{ (.*) \}$/m.exec(output)?.[1] ?? ''
  const value = (/** @type {string} */ key) => Number(new RegExp(`\\b${key}: (\\d+)`).exec(summary)?.[1] ?? 0)
  const failed = value('fail')
  return { passed: value('pass'), failed: code !== 0 && failed === 0 ? 1 : failed, skipped: value('skip') }
}

/**
 * Tests in the output of ctest.
 * @param {string} output @param {number} code exit code
 * @returns {Count}
 */
export function countCtest(output, code) {
  const match = /(\d+) tests failed out of (\d+)/.exec(output)
  const failed = Number(match?.[1] ?? 0)
  const skipped = [...output.matchAll(/\*\*\*Skipped/g)].length
  const passed = Number(match?.[2] ?? 0) - failed - skipped
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped }
}

/** @param {boolean} isGood @returns {Count} */
export const one = (isGood) => ({ passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 })

/** The failed assertions of a TAP stream with their diagnostics. @param {string} output */
export function failuresInTap(output) {
  const lines = output.split('\n')
  const found = []
  for (let i = 0; i < lines.length; i++) {
    if (!/^\s*not ok /.test(lines[i] ?? '')) continue
    found.push(lines[i] ?? '')
    if (!/^\s*---$/.test(lines[i + 1] ?? '')) continue
    for (i++; i < lines.length && !/^\s*\.\.\.$/.test(lines[i] ?? ''); i++) found.push(lines[i] ?? '')
  }
  return found.length > 0 ? found.join('\n') : output
}
