// What the system says about this process: memory, files, bytes written. Figures that only Linux tells are
// undefined elsewhere.

import { readdirSync, readFileSync } from 'node:fs'

/** @param {string} file @param {RegExp} line its first group is a number */
function figure(file, line) {
  try {
    const found = line.exec(readFileSync(`/proc/self/${file}`, 'utf8'))
    return found === null ? undefined : Number(found[1])
  } catch {
    return undefined
  }
}

/**
 * Memory of this process that nobody else shares and no file stands behind (RssAnon on Linux, else RSS), and
 * how much of it belongs to JavaScript: heap and buffers.
 */
export function memoryNow() {
  const { rss, heapTotal, external } = process.memoryUsage()
  const anonymous = figure('status', /^RssAnon:\s+(\d+) kB$/m)
  return { rss, held: anonymous === undefined ? rss : anonymous * 1024, script: heapTotal + external }
}

/** Bytes that this process had the system write to disks. */
export const bytesWritten = () => figure('io', /^write_bytes: (\d+)$/m)

/** Bytes that this process read from files, from the page cache or not. */
export const bytesRead = () => figure('io', /^rchar: (\d+)$/m)

export function openFiles() {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}

/** Looks now and then, keeps the most, and remembers what was there before. */
export class MemoryWatch {
  #base = memoryNow()
  #peak = this.#base
  #seen = 0

  /** Bytes at the beginning. */
  get base() {
    return this.#base.held
  }

  /** The most that came on top of what was there, in bytes. */
  get peak() {
    return this.#peak.held - this.#base.held
  }

  /** Bytes now, on top of what was there; `script` is all that JavaScript has. */
  look() {
    const now = memoryNow()
    if (now.held > this.#peak.held) this.#peak = now
    this.#seen = performance.now()
    return { rss: now.rss, held: now.held - this.#base.held, script: now.script }
  }

  /** The same, if the last look is some time ago. */
  glance() {
    if (performance.now() - this.#seen > 20) this.look()
  }
}
