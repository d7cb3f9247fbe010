// What the disk and the memory do by themselves, so that absolute figures can be judged.

import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Latency } from './latency.mjs'
import { median } from './statistics.mjs'

const KiB = 1024
const MiB = 1024 * KiB
const fileBytes = 64 * MiB
const smallBytes = 128
const copyBytes = 64 * MiB

/** Writes into a file whose blocks have been written before: what a flush costs by itself. */
export class RawFile {
  #file
  #bytes
  #chunk = Buffer.alloc(MiB, 0x5a)
  #at = 0

  /** @param {string} directory @param {number} [bytes] a multiple of 1 MiB */
  constructor(directory, bytes = fileBytes) {
    this.#bytes = bytes
    this.#file = openSync(join(directory, 'raw'), 'w+')
    for (let at = 0; at < bytes; at += MiB) writeSync(this.#file, this.#chunk, 0, MiB, at)
    fdatasyncSync(this.#file)
  }

  /** Milliseconds of one write of `length` bytes and its flush, at the next place that has room. */
  writeAndFlush(length) {
    if (this.#at + length > this.#bytes) this.#at = 0
    const begin = performance.now()
    writeSync(this.#file, this.#chunk, 0, length, this.#at)
    fdatasyncSync(this.#file)
    this.#at += length
    return performance.now() - begin
  }

  close() {
    closeSync(this.#file)
  }
}

/** @param {import('./cell.mjs').CellRequest} request */
export async function measureRawDisk({ directory, settings }) {
  const file = new RawFile(directory)
  const flushes = repeat(settings.measureMs / 3, () => file.writeAndFlush(smallBytes))
  const large = repeat(settings.measureMs / 3, () => file.writeAndFlush(MiB))
  file.close()
  return {
    flush128: { ...flushes.latency.summary(), rate: (flushes.count * 1000) / flushes.milliseconds },
    write1M: { ...large.latency.summary(), bytesPerSecond: (large.count * MiB * 1000) / large.milliseconds },
    copyBytesPerSecond: copyRate(),
  }
}

/** For that long; the first few are not counted. */
function repeat(milliseconds, once) {
  const latency = new Latency()
  for (let i = 0; i < 3; i++) once()
  const begin = performance.now()
  let count = 0
  while (performance.now() - begin < milliseconds) {
    latency.record(once())
    count++
  }
  return { latency, count, milliseconds: performance.now() - begin }
}

/** Copies memory that does not fit into the caches. */
function copyRate() {
  const from = Buffer.alloc(copyBytes, 1)
  const to = Buffer.alloc(copyBytes, 2)
  const times = Array.from({ length: 5 }, () => {
    const begin = performance.now()
    from.copy(to)
    return performance.now() - begin
  })
  return (copyBytes * 1000) / median(times)
}
