// Text for a terminal: numbers and times as people read them, foreign text made harmless and cut to fit.

// East Asian scripts, their punctuation and full forms, and emoji take two columns.
const wideScript = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u
const wideSymbol = /^[\p{Emoji_Presentation}\u3000-\u303e\uff00-\uff60]/u
const nothing = /^[\p{Mark}\p{Format}]/u
// Control characters could drive the terminal; the marks that turn the direction could disguise a name.
const unsafe = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** The text without anything that a terminal would act on: each such character shows as `\xNN` or `\u{N}`. */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.codePointAt(0) as number
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** Columns that the text takes in a terminal: near enough to keep tables aligned. */
export function width(text: string): number {
  let columns = 0
  for (const character of text) {
    if (nothing.test(character)) continue
    columns += wideScript.test(character) || wideSymbol.test(character) ? 2 : 1
  }
  return columns
}

/** The text made printable and cut to at most `columns`, with an ellipsis where something is missing. */
export function clip(text: string, columns: number): string {
  const safe = printable(text)
  if (width(safe) <= columns) return safe
  let kept = ''
  let used = 0
  for (const character of safe) {
    const more = width(character)
    if (used + more > columns - 1) break
    kept += character
    used += more
  }
  return `${kept}…`
}

/** As `clip`, but what is missing is missing in front: of a path, the end says more. */
export function clipStart(text: string, columns: number): string {
  const safe = printable(text)
  if (width(safe) <= columns) return safe
  const characters = [...safe]
  while (characters.length > 0 && width(characters.join('')) > columns - 1) characters.shift()
  return `…${characters.join('')}`
}

/** The text in lines of at most `columns`, cut between words; a longer word has a line to itself. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || width(line) + 1 + width(word) > columns) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}

/** The text filled up with spaces to `columns`. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - width(text))) + text
}

/** A whole number with separators. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** A count with its noun: `1 commit`, `2,000 commits`. */
export function counted(value: number, [one, many]: readonly [one: string, many: string]): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** A measured rate: three digits mean something, the rest would be noise. */
export function rate(perSecond: number): string {
  return count(Number(perSecond.toPrecision(3)))
}

/** A time given in milliseconds, in the unit that suits it. */
export function duration(milliseconds: number): string {
  if (milliseconds < 0.1) return `${(milliseconds * 1000).toPrecision(2)} µs`
  if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`
}

/** A span of time given in milliseconds, in its largest whole unit: `7 d`, `90 min`. */
export function span(milliseconds: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const
  for (const [unit, length] of units) {
    if (milliseconds >= length && milliseconds % length === 0)
      return `${count(milliseconds / length)} ${unit}`
  }
  return `${count(milliseconds)} ms`
}

/** Bytes in the decimal unit that suits them. */
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? count(value) : Number(value.toPrecision(3))} ${units[unit]}`
}

/** A bar of at most `columns` for a share of 0 to 1; what is not zero shows. */
export function bar(share: number, columns: number): string {
  return '█'.repeat(share <= 0 ? 0 : Math.max(1, Math.round(Math.min(1, share) * columns)))
}
