// What a workload is. It knows targets by their interface alone (targets/target.d.ts).

import type { Store } from '../targets/target.js'

export interface Workload {
  /** As `--workload` takes it. */
  readonly name: string
  /** For the table. */
  readonly title: string
  /**
   * `empty`: a new store, which is verified afterwards. `fresh`: a new store into which this process has put
   * `settings.hotRecords`. `loaded`: a store of `settings.records`, made by another process.
   */
  readonly store: 'empty' | 'fresh' | 'loaded'
  /** Bytes of a record's value. */
  readonly bytes: number
  /** What is shown of the result, the first being what counts. */
  readonly metrics: readonly Metric[]
  run(store: Store, settings: Settings): Promise<Result>
}

export interface Metric {
  /** In the result; with a dot for what is inside of an object. */
  readonly key: string
  readonly label: string
  readonly better: 'higher' | 'lower'
}

export interface Settings {
  readonly warmUpMs: number
  readonly measureMs: number
  /** In the store of the reads that come after reopening. */
  readonly records: number
  /** In the store of the reads that come right after writing. */
  readonly hotRecords: number
}

export interface Result {
  /** Per second. */
  readonly rate: number
  /** Microseconds of processor time for each. */
  readonly cpu: number
  /** Bytes written to the disk for each. */
  readonly written?: number
  /** Microseconds. */
  readonly latency?: { p50: number; p99: number; p999: number; samples: number }
  /** Records in the store, by the workload's own count. */
  readonly acknowledged?: number
}
