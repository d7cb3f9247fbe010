// The runs themselves: round by round, workload by workload, one target after the other, in turned order in
// every second round. What slows the machine down for a while so meets all targets alike.

import { DiskWeather } from './disk-weather.mjs'

/** How many workloads are repeated in a run, at most, because the disk weather turned bad under them. */
const repeatsMax = 3

export class Rounds {
  #options
  #cells
  #progress
  #weather
  /** Folder of the loaded store, by target. @type {Record<string, string>} */
  #loaded = {}
  /** What each target says of itself. @type {Record<string, string>} */
  descriptions = {}
  /** Results of the raw disk, by round. */
  raw = []
  /** By workload, of each round: the results by target, and whether they are of an unusually slow disk.
   * @type {Record<string, { targets: Record<string, object>, void: boolean }[]>} */
  results = {}
  #repeatsLeft = repeatsMax

  /**
   * @param {ReturnType<typeof import('./options.mjs').readArguments>} options
   * @param {import('./cells.mjs').Cells} cells
   * @param {import('./progress.mjs').Progress} progress
   */
  constructor(options, cells, progress) {
    this.#options = options
    this.#cells = cells
    this.#progress = progress
    this.#weather = new DiskWeather(cells.directory)
    for (const { name } of options.workloads) this.results[name] = []
  }

  async run() {
    await this.#load()
    for (let round = 0; round < this.#options.rounds; round++) await this.#round(round)
    this.#weather.close()
  }

  /** Stores for the reads that come after reopening: made once, read in every round. */
  async #load() {
    if (!this.#options.workloads.some(({ store }) => store === 'loaded')) return
    for (const target of this.#options.targets) {
      this.#progress.show(`loading ${target}`)
      const directory = this.#cells.folder(`loaded-${target}`)
      await this.#cells.run({ task: 'load', target, directory, settings: this.#options.settings })
      this.#loaded[target] = directory
      this.#progress.step()
    }
  }

  async #round(round) {
    this.#progress.show(`round ${round + 1}: raw disk`)
    await this.#weather.becomesGood()
    this.raw.push(await this.#cells.runInNewFolder({ task: 'raw', settings: this.#options.settings }))
    this.#progress.step()
    for (const workload of this.#options.workloads) await this.#workloadInRound(workload, round)
  }

  async #workloadInRound(workload, round) {
    const usesDisk = workload.store === 'empty'
    while (true) {
      if (usesDisk) await this.#weather.becomesGood()
      const targets = await this.#allTargets(workload, round)
      const isVoid = usesDisk && this.#weather.isBad()
      if (!isVoid || this.#repeatsLeft-- <= 0) {
        this.results[workload.name].push({ targets, void: isVoid })
        break
      }
    }
    this.#progress.step(this.#options.targets.length)
  }

  async #allTargets(workload, round) {
    const { targets } = this.#options
    const results = {}
    for (const target of round % 2 === 0 ? targets : [...targets].reverse()) {
      this.#progress.show(`round ${round + 1}: ${workload.name}, ${target}`)
      results[target] = await this.#cell(workload, target, round)
      this.descriptions[target] = results[target].describe
    }
    return results
  }

  #cell(workload, target, round) {
    const { settings, quick } = this.#options
    const request = {
      task: 'measure',
      target,
      workload: workload.name,
      settings,
      quickCheck: quick || round > 0,
    }
    return workload.store === 'loaded'
      ? this.#cells.run({ ...request, directory: this.#loaded[target] })
      : this.#cells.runInNewFolder(request)
  }
}

/** How many steps of progress a run has. */
export function stepsOf({ rounds, targets, workloads }) {
  const loads = workloads.some(({ store }) => store === 'loaded') ? targets.length : 0
  return loads + rounds * (1 + workloads.length * targets.length)
}
