// The order of names, and which of them a question is about.

/**
 * Compares two names by the bytes of their UTF-8, which is the order of their code points. Strings compare
 * by UTF-16 units, which differs where one of two units is half of a pair.
 */
export function compareNames(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let i = 0; i < length; i++) {
    const difference = rank(one.charCodeAt(i)) - rank(other.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return one.length - other.length
}

/** Halves of pairs stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}
