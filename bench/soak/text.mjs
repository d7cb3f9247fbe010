// Figures as text.

export const mib = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(0)

/** Since a time of `performance.now()`. @param {number} start */
export const seconds = (start) => ((performance.now() - start) / 1000).toFixed(1)

export const millions = (/** @type {number} */ count) => (count / 1e6).toFixed(count < 1e6 ? 2 : 1)

/** Prints rows below a head as they come, each column as wide as its title or its width. */
export class Table {
  #widths

  /** @param {readonly string[]} titles @param {number} width @param {number} firstWidth */
  constructor(titles, width, firstWidth = width) {
    this.#widths = titles.map((title, i) => Math.max(title.length, i === 0 ? firstWidth : width))
    this.row(titles)
  }

  /** @param {readonly (string | number | undefined)[]} cells */
  row(cells) {
    console.log(cells.map((cell, i) => String(cell ?? '–').padStart(this.#widths[i] ?? 0)).join('  '))
  }
}
