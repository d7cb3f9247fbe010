// Lines of JSON as a function of their number.

const usersMax = 1_000_000

/** How many users the first lines have: they come in turn. @param {number} lines */
export const usersOf = (lines) => Math.min(lines, usersMax)

export const userTag = (/** @type {number} */ user) => `user:u${user}`

/** @param {number} i */
const lineOf = (i) =>
  `{"id":${i},"user":{"id":"u${i % usersMax}"},"kind":"${i % 7 === 0 ? 'order' : 'visit'}",` +
  `"text":"line ${i} of what somebody has collected"}`

/** @param {number} first @param {number} count */
export function chunkOfLines(first, count) {
  let text = ''
  for (let i = first; i < first + count; i++) text += `${lineOf(i)}\n`
  return text
}

/** @param {number} i @param {Uint8Array | undefined} data */
export const isLine = (i, data) => data !== undefined && Buffer.from(data).toString() === lineOf(i)

/** @param {Uint8Array} data */
export const lineNumberOf = (data) => JSON.parse(Buffer.from(data).toString()).id
