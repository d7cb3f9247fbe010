// Whether the disk is in its usual state. On shared hosts every flush may take ten times as long for some
// seconds; figures from then are of the weather, not of a target.

import { setTimeout as sleep } from 'node:timers/promises'
import { RawFile } from './raw-disk.mjs'
import { median } from './statistics.mjs'

const MiB = 2 ** 20
const flushes = 25
/** A flush that takes this many times the run's median is bad weather. */
const badFactor = 3
const pauseMs = 1000
/** In the whole run: bad weather that lasts is what this machine is like. */
const pausesMax = 15

export class DiskWeather {
  #file
  /** Median flush of each look, in milliseconds. */
  #looks = []
  #pausesLeft = pausesMax

  /** @param {string} directory */
  constructor(directory) {
    this.#file = new RawFile(directory, MiB)
    for (let i = 0; i < 5; i++) this.isBad()
  }

  /** Takes a look. */
  isBad() {
    const flush = median(Array.from({ length: flushes }, () => this.#file.writeAndFlush(128)))
    this.#looks.push(flush)
    return flush > badFactor * median(this.#looks)
  }

  /** Waits for good weather, but not for ever. */
  async becomesGood() {
    while (this.isBad() && this.#pausesLeft > 0) {
      this.#pausesLeft--
      await sleep(pauseMs)
    }
  }

  close() {
    this.#file.close()
  }
}
