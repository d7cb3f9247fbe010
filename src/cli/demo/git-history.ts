// Reads what `git log` writes, commit by commit, whatever is in it. No I/O here.
//
// With `-z --raw` and the format below each commit is five fields, each ended by a NUL, and then, if there
// are changes, a line break and the changes: `:<modes> <ids> <status>`, NUL, one path (two for a rename or a
// copy), NUL. A path says nothing about where it ends but by its NUL, so names with line breaks, and names
// that look like a commit, are no danger.

import { InputError } from './input.js'

/** Arguments of `git log` that give what `HistoryParser` reads, whatever the user's configuration says. */
export const historyArguments = [
  '-z',
  '--raw',
  '--no-renames',
  '--no-abbrev',
  '--no-color',
  '--no-ext-diff',
  '--no-notes',
  '--no-show-signature',
  '--encoding=UTF-8',
  '--format=tformat:%H%x00%aN%x00%aE%x00%aI%x00%s',
] as const

/** Bytes of one field or path that are kept; the rest of it is dropped. */
const tokenBytesMax = 64 * 1024
/** Bytes of paths that are kept for one commit; the rest is counted only. */
const pathBytesMax = 1024 * 1024
const fieldCount = 5

export interface Commit {
  readonly hash: string
  /** May be empty, as may all fields but the hash. */
  readonly author: string
  readonly email: string
  /** When it was authored: ISO 8601 with the author's own offset. */
  readonly date: string
  readonly subject: string
  /** Paths touched, of renames both; of a merge none. No more than a bounded part of a huge commit. */
  readonly files: string[]
  /** All paths touched, also those that `files` has no room for. */
  fileCount: number
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/** A path as text. One that is not UTF-8 has `\xNN` for its bytes, so that different files stay different. */
export function pathText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    let text = ''
    for (const byte of bytes) {
      text += byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`
    }
    return text
  }
}

export class HistoryParser {
  #pieces: Uint8Array[] = []
  #pieceBytes = 0
  /** Fields of the commit that begins. */
  #fields: string[] = []
  /** The commit whose changes are being read. */
  #commit: Commit | undefined
  #pathBytes = 0
  /** Paths that the last change still has to come. */
  #pathsToCome = 0
  #finished: Commit[] = []

  /**
   * Takes the next bytes, cut anywhere, and gives the commits that they complete.
   * @throws InputError if they are no output of git log
   */
  push(chunk: Uint8Array): Commit[] {
    let start = 0
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      this.#keep(chunk.subarray(start, end))
      this.#take(this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces))
      this.#pieces = []
      this.#pieceBytes = 0
      start = end + 1
    }
    // The caller may use the memory of the chunk again.
    if (start < chunk.length) this.#keep(Uint8Array.from(chunk.subarray(start)))
    return this.#handOver()
  }

  /**
   * The commits left at the end of the output.
   * @throws InputError if it ends within a commit
   */
  end(): Commit[] {
    if (this.#fields.length > 0 || this.#pathsToCome > 0 || this.#pieceBytes > 0) {
      throw new InputError('the output of git log ends within a commit')
    }
    this.#finish()
    return this.#handOver()
  }

  #keep(piece: Uint8Array): void {
    const kept = piece.subarray(0, Math.max(0, tokenBytesMax - this.#pieceBytes))
    this.#pieces.push(kept)
    this.#pieceBytes += kept.length
  }

  #take(token: Uint8Array): void {
    const changes = this.#commit === undefined ? 0 : pathsOfChange(token)
    if (this.#pathsToCome > 0) this.#takePath(token)
    else if (this.#fields.length > 0) this.#takeField(token)
    else if (changes > 0) this.#pathsToCome = changes
    else this.#takeHash(token)
  }

  #takePath(token: Uint8Array): void {
    this.#pathsToCome -= 1
    const commit = this.#commit as Commit
    commit.fileCount += 1
    this.#pathBytes += token.length
    if (this.#pathBytes <= pathBytesMax) commit.files.push(pathText(token))
  }

  #takeHash(token: Uint8Array): void {
    const hash = lenient.decode(token)
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) {
      throw new InputError('git log wrote something else than a commit where one had to begin')
    }
    this.#finish()
    this.#fields = [hash]
  }

  #takeField(token: Uint8Array): void {
    this.#fields.push(lenient.decode(token))
    if (this.#fields.length < fieldCount) return
    const [hash = '', author = '', email = '', date = '', subject = ''] = this.#fields
    this.#commit = { hash, author, email, date, subject, files: [], fileCount: 0 }
    this.#pathBytes = 0
    this.#fields = []
  }

  #finish(): void {
    if (this.#commit !== undefined) this.#finished.push(this.#commit)
    this.#commit = undefined
  }

  #handOver(): Commit[] {
    const finished = this.#finished
    this.#finished = []
    return finished
  }
}

const colon = 0x3a
const lineFeed = 0x0a
const space = 0x20

/** How many paths follow the change that the token describes; 0 if it describes none. */
function pathsOfChange(token: Uint8Array): number {
  const start = token[0] === lineFeed ? 1 : 0
  if (token[start] !== colon) return 0
  const status = String.fromCharCode(token[token.lastIndexOf(space) + 1] ?? 0)
  return status === 'R' || status === 'C' ? 2 : 1
}
