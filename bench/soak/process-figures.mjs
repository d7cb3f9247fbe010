// What the system says about this process: memory, files, bytes written. Figures that only Linux tells are
// undefined elsewhere.

import { readdirSync, readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** @param {string} file @param {RegExp} line its first group is a number @param {number | 'self'} pid */
function figure(file, line, pid = 'self') {
  try {
    const found = line.exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))
    return found === null ? undefined : Number(found[1])
  } catch {
    return undefined
  }
}

/**
 * Memory of this process that nobody else shares and no file stands behind (RssAnon on Linux, else RSS): in
 * sum, and without what JavaScript has reserved for its heap and its buffers, of which much is garbage.
 */
function memoryNow() {
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage()
  const anonymous = figure('status', /^RssAnon:\s+(\d+) kB$/m)
  const held = anonymous === undefined ? rss : anonymous * 1024
  return { rss, native: held - heapTotal - external, script: heapUsed + external }
}

/** The same of another process: RssAnon on Linux, else undefined. @param {number} pid */
export function memoryOf(pid) {
  const kib = figure('status', /^RssAnon:\s+(\d+) kB$/m, pid)
  return kib === undefined ? undefined : kib * 1024
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

setFlagsFromString('--expose-gc')
const collectGarbage = /** @type {() => void} */ (runInNewContext('gc'))

/**
 * What came on top of what the process had when the watch began: outside of JavaScript, sampled all the time;
 * and what JavaScript holds, sampled when its garbage has just been collected.
 */
export class MemoryWatch {
  #base
  #native = 0
  #script = 0
  #seen = 0

  constructor() {
    collectGarbage()
    this.#base = memoryNow()
  }

  /** The most that was held, in bytes: both parts together, be it at different times. */
  get peak() {
    return this.#native + this.#script
  }

  /** Looks thoroughly. */
  look() {
    collectGarbage()
    const now = this.#sample()
    const script = now.script - this.#base.script
    this.#script = Math.max(this.#script, script)
    return { rss: now.rss, native: now.native - this.#base.native, script }
  }

  /** Looks in passing, if the last look is some time ago. */
  glance() {
    if (performance.now() - this.#seen > 20) this.#sample()
  }

  #sample() {
    const now = memoryNow()
    this.#native = Math.max(this.#native, now.native - this.#base.native)
    this.#seen = performance.now()
    return now
  }
}
