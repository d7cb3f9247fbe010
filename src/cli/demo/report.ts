// What the demo says on standard output: sections, lines, tables, and checks that hold or do not.

import * as util from 'node:util'
import { clip, padEnd, padStart, printable, width, wrap } from '../text.js'

type Style = 'bold' | 'dim' | 'cyan' | 'green' | 'red' | 'yellow'

/** Where the report goes. `columns` and `hasColors` are what a terminal has and a pipe has not. */
export interface Output {
  write(text: string): unknown
  readonly columns?: number | undefined
  hasColors?(): boolean
}

export interface Column {
  /** Numbers stand on the right. */
  readonly align?: 'left' | 'right'
  /** The most columns that it may take; what is longer is cut. */
  readonly max?: number
}

const indent = '  '
const noteMark = 'note  '
const columnsDefault = 80
const columnsMin = 50

export class Report {
  readonly #output: Output
  readonly #inColour: boolean
  /** Columns of a line, the indent included. */
  readonly columns: number
  #held = 0
  #failed = 0

  /** Colours: only where the output is a terminal that has them and the environment does not forbid it. */
  constructor(output: Output) {
    this.#output = output
    this.#inColour = output.hasColors?.() ?? false
    this.columns = Math.max(columnsMin, Math.min(output.columns ?? columnsDefault, columnsDefault))
  }

  get held(): number {
    return this.#held
  }

  get failed(): number {
    return this.#failed
  }

  title(text: string): void {
    this.#write(`${this.#styled(['bold'], text)}\n`)
  }

  section(heading: string): void {
    const safe = clip(heading, this.columns - 2)
    const rule = '─'.repeat(this.columns - width(safe) - 1)
    this.#write(`\n${this.#styled(['bold', 'cyan'], safe)} ${this.#styled(['dim'], rule)}\n`)
  }

  line(text: string): void {
    this.#write(`${indent}${printable(text)}\n`)
  }

  /** Text of any length, in as many lines as it takes. */
  paragraph(text: string): void {
    for (const line of wrap(printable(text), this.columns - indent.length)) this.#write(`${indent}${line}\n`)
  }

  /** The call of the API that gives what comes next. */
  code(text: string): void {
    this.#write(`${indent}${this.#styled(['dim'], printable(text))}\n`)
  }

  /** Something that the reader ought to know and that is no failure. */
  note(text: string): void {
    const lines = wrap(printable(text), this.columns - indent.length - noteMark.length)
    const begin = this.#styled(['yellow'], noteMark)
    this.#write(`${indent}${begin}${lines.join(`\n${indent}${' '.repeat(noteMark.length)}`)}\n`)
  }

  /** Says whether `claim` held; one that did not makes the demo fail. */
  check(holds: boolean, claim: string): void {
    if (holds) this.#held += 1
    else this.#failed += 1
    const mark = holds ? this.#styled(['green'], '✓') : this.#styled(['bold', 'red'], '✗ FAILED:')
    this.#write(`${indent}${mark} ${printable(claim)}\n`)
  }

  /** Rows of aligned cells. What the last column has no room for is cut. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const cells = rows.map((row) => columns.map(({ max = this.columns }, at) => clip(row[at] ?? '', max)))
    const widths = columns.map((_, at) => Math.max(0, ...cells.map((row) => width(row[at]!))))
    const taken = widths.slice(0, -1).reduce((sum, each) => sum + each + indent.length, indent.length)
    widths.push(Math.min(widths.pop() ?? 0, Math.max(1, this.columns - taken)))
    for (const row of cells) {
      const line = row.map((cell, at) => {
        const fitted = clip(cell, widths[at]!)
        if (columns[at]!.align === 'right') return padStart(fitted, widths[at]!)
        return at === columns.length - 1 ? fitted : padEnd(fitted, widths[at]!)
      })
      this.#write(`${indent}${line.join(indent)}\n`)
    }
  }

  #styled(styles: Style[], text: string): string {
    // Node has styleText from 20.12 on; before that the report is plain.
    if (!this.#inColour || util.styleText === undefined) return text
    return styles.reduce((styled, style) => util.styleText(style, styled), text)
  }

  #write(text: string): void {
    this.#output.write(text)
  }
}
