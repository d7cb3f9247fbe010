// A log over node:fs as one would write it in an afternoon: one growing file, an index in memory that opening
// rebuilds from the file, and group commit. It checks its checksums when it opens; it has no recovery from a
// torn end, no trims, no limits, and keeps its whole index in memory.
//
// A record: checksum u32 of what follows, size of the tags u16, size of the data u32, then each tag as a byte
// of length and UTF-8, then the data.

import * as fs from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'

const headerBytes = 10
const slabBytes = 1024 * 1024
const write = promisify(fs.write)
const fdatasync = promisify(fs.fdatasync)

/**
 * @param {string} directory
 * @param {{ blocking: boolean }} options whether the commit runs on this thread
 * @returns {Promise<import('../targets/target.js').Store>}
 */
export async function openHandWritten(directory, { blocking }) {
  const file = fs.openSync(join(directory, 'log'), 'a+')
  return new HandWrittenLog(file, blocking)
}

class HandWrittenLog {
  #file
  #blocking
  /** Where each record begins in the file; the last one is the end. */
  #positions = [0]
  /** Tag to the ascending numbers of its records. @type {Map<string, number[]>} */
  #index = new Map()
  /** The group that gathers: bytes, the index entries to make, whom to tell. */
  #slab = Buffer.allocUnsafe(slabBytes)
  #spare = Buffer.allocUnsafe(slabBytes)
  #end = 0
  /** @type {{ end: number, tags: string[] }[]} */
  #gathered = []
  /** @type {(() => void)[]} */
  #waiting = []
  /** @type {((error: unknown) => void)[]} */
  #failing = []
  #scheduled = false

  constructor(file, blocking) {
    this.#file = file
    this.#blocking = blocking
    this.#rebuild()
  }

  append(data, tags) {
    this.#encode(data, tags)
    return this.#committed()
  }

  appendMany(items) {
    for (const { data, tags } of items) this.#encode(data, tags)
    return this.#committed()
  }

  readNextSync(tag, from) {
    const numbers = this.#index.get(tag)
    if (numbers === undefined) return null
    const at = firstAtLeast(numbers, from)
    return at === numbers.length ? null : this.#read(numbers[at])
  }

  async readNext(tag, from) {
    return this.readNextSync(tag, from)
  }

  async scan(tag, visit) {
    for (const seqnum of this.#index.get(tag) ?? []) visit(this.#read(seqnum))
  }

  async close() {
    fs.closeSync(this.#file)
  }

  #encode(data, tags) {
    let at = this.#reserve(headerBytes + data.length + tags.length * 256)
    const start = at
    const slab = this.#slab
    at += headerBytes
    for (const tag of tags) {
      slab[at] = slab.utf8Write(tag, at + 1)
      at += 1 + slab[at]
    }
    slab.writeUInt16LE(at - start - headerBytes, start + 4)
    slab.writeUInt32LE(data.length, start + 6)
    slab.set(data, at)
    this.#end = at + data.length
    slab.writeUInt32LE(crc32(slab.subarray(start + 4, this.#end)), start)
    this.#gathered.push({ end: this.#end, tags })
  }

  #reserve(bytes) {
    if (this.#end + bytes > this.#slab.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#slab.length * 2, this.#end + bytes))
      this.#slab.copy(larger, 0, 0, this.#end)
      this.#slab = larger
    }
    return this.#end
  }

  #committed() {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve)
      this.#failing.push(reject)
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.#commit())
    })
  }

  /** Writes and flushes what has gathered; what comes meanwhile is the next group. */
  async #commit() {
    const [slab, end, gathered, waiting, failing] = this.#takeGroup()
    try {
      if (this.#blocking) {
        writeAllSync(this.#file, slab, end)
        fs.fdatasyncSync(this.#file)
      } else {
        await writeAll(this.#file, slab, end)
        await fdatasync(this.#file)
      }
    } catch (error) {
      for (const reject of failing) reject(error)
      return
    }
    this.#spare = slab
    this.#addToIndex(gathered)
    for (const resolve of waiting) resolve()
    if (this.#gathered.length > 0) setImmediate(() => this.#commit())
    else this.#scheduled = false
  }

  #takeGroup() {
    const group = [this.#slab, this.#end, this.#gathered, this.#waiting, this.#failing]
    this.#slab = this.#spare
    this.#end = 0
    this.#gathered = []
    this.#waiting = []
    this.#failing = []
    return group
  }

  #addToIndex(gathered) {
    const base = this.#positions[this.#positions.length - 1]
    for (const { end, tags } of gathered) this.#add(base + end, tags)
  }

  /** @param {number} end where the record ends in the file */
  #add(end, tags) {
    const seqnum = this.#positions.length - 1
    this.#positions.push(end)
    for (const tag of tags) {
      const numbers = this.#index.get(tag)
      if (numbers === undefined) this.#index.set(tag, [seqnum])
      else numbers.push(seqnum)
    }
  }

  #read(seqnum) {
    const begin = this.#positions[seqnum]
    const bytes = Buffer.allocUnsafe(this.#positions[seqnum + 1] - begin)
    fs.readSync(this.#file, bytes, 0, bytes.length, begin)
    return { seqnum, data: bytes.subarray(headerBytes + bytes.readUInt16LE(4)) }
  }

  #rebuild() {
    const { size } = fs.fstatSync(this.#file)
    const bytes = Buffer.allocUnsafe(size)
    for (let read = 0; read < size; ) read += fs.readSync(this.#file, bytes, read, size - read, read)
    for (let start = 0; start < size; ) {
      const tagsEnd = start + headerBytes + bytes.readUInt16LE(start + 4)
      const end = tagsEnd + bytes.readUInt32LE(start + 6)
      if (bytes.readUInt32LE(start) !== crc32(bytes.subarray(start + 4, end))) {
        throw new Error(`the checksum of the record at offset ${start} does not hold`)
      }
      const tags = []
      for (let at = start + headerBytes; at < tagsEnd; at += 1 + bytes[at]) {
        tags.push(bytes.utf8Slice(at + 1, at + 1 + bytes[at]))
      }
      this.#add(end, tags)
      start = end
    }
  }
}

/** Index of the first of ascending numbers that is `from` or more. */
function firstAtLeast(numbers, from) {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers[middle] < from) low = middle + 1
    else high = middle
  }
  return low
}

function writeAllSync(file, bytes, end) {
  for (let written = 0; written < end; ) written += fs.writeSync(file, bytes, written, end - written)
}

async function writeAll(file, bytes, end) {
  for (let written = 0; written < end; ) {
    written += (await write(file, bytes, written, end - written)).bytesWritten
  }
}
