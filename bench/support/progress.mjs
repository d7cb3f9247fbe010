// How far a run is: one line that is written over in a terminal, nothing elsewhere.

const width = 30

export class Progress {
  #steps
  #done = 0
  #begin = performance.now()
  #what = ''
  #isTerminal = process.stderr.isTTY === true

  /** @param {number} steps */
  constructor(steps) {
    this.#steps = steps
  }

  /** @param {string} what goes on now */
  show(what) {
    this.#what = what
    this.#draw()
  }

  step(count = 1) {
    this.#done += count
    this.#draw()
  }

  end() {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K')
  }

  #draw() {
    if (!this.#isTerminal) return
    const part = this.#done / this.#steps
    const bar = '█'.repeat(Math.round(part * width)).padEnd(width, '░')
    process.stderr.write(`\r\x1b[K${bar} ${Math.round(part * 100)} %${this.#left(part)}  ${this.#what}`)
  }

  #left(part) {
    if (part < 0.1) return ''
    const seconds = ((performance.now() - this.#begin) / 1000) * (1 / part - 1)
    return `, ${Math.ceil(seconds)} s left`
  }
}
