// Cuts a stream of bytes into lines, holding no more of it than one line.

const lineFeed = 10
const carriageReturn = 13

export interface Line {
  /** From 1 on. */
  readonly number: number
  /** Without its end; null: the line is longer than the limit, and was dropped. */
  readonly bytes: Buffer | null
}

/** A line ends with LF or CR LF; the last one may end with the stream. */
export class LineSplitter {
  readonly #bytesMax: number
  #number = 0
  /** The beginning of a line whose end has not come yet. */
  #pieces: Buffer[] = []
  #held = 0
  #isTooLong = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The lines that end in this chunk. They are views of it where they can be. */
  *push(chunk: Buffer): Generator<Line> {
    let from = 0
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, from)) {
      this.#hold(chunk.subarray(from, at))
      yield this.#take()
      from = at + 1
    }
    this.#hold(chunk.subarray(from))
  }

  /** The last line, if it has no end of its own. */
  *end(): Generator<Line> {
    if (this.#held > 0 || this.#isTooLong) yield this.#take()
  }

  #hold(piece: Buffer): void {
    if (piece.length === 0 || this.#isTooLong) return
    this.#held += piece.length
    // One more for a CR that belongs to the end of the line.
    this.#isTooLong = this.#held > this.#bytesMax + 1
    if (this.#isTooLong) this.#pieces = []
    else this.#pieces.push(piece)
  }

  #take(): Line {
    const pieces = this.#pieces
    const whole = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
    const bytes = whole.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole
    const isTooLong = this.#isTooLong || bytes.length > this.#bytesMax
    this.#pieces = []
    this.#held = 0
    this.#isTooLong = false
    return { number: ++this.#number, bytes: isTooLong ? null : bytes }
  }
}
