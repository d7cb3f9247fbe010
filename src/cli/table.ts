// Rows of aligned cells, for people and for `awk` alike: no rules, no colours, nothing cut.

import { padEnd, padStart, width } from './text.js'

export type Alignment = 'left' | 'right'

/** One line for each row. The cells must be printable. */
export function table(alignments: readonly Alignment[], rows: readonly (readonly string[])[]): string {
  const widths = alignments.map((_, at) =>
    rows.reduce((most, row) => Math.max(most, width(row[at] ?? '')), 0),
  )
  const lines = rows.map((row) =>
    alignments
      .map((alignment, at) => {
        const cell = row[at] ?? ''
        return alignment === 'right' ? padStart(cell, widths[at]!) : padEnd(cell, widths[at]!)
      })
      .join('  ')
      .trimEnd(),
  )
  return lines.map((line) => `${line}\n`).join('')
}
