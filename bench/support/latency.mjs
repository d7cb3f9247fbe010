// Latencies in an HDR histogram: three digits from a nanosecond to a minute.

import { build } from 'hdr-histogram-js'

const minuteNs = 60e9

export class Latency {
  #histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: minuteNs,
    numberOfSignificantValueDigits: 3,
  })

  /** @param {number} milliseconds as performance.now() counts them */
  record(milliseconds) {
    this.#histogram.recordValue(Math.min(Math.max(Math.round(milliseconds * 1e6), 1), minuteNs))
  }

  clear() {
    this.#histogram.reset()
  }

  /** Percentiles in microseconds. */
  summary() {
    const at = (percentile) => this.#histogram.getValueAtPercentile(percentile) / 1000
    return { p50: at(50), p99: at(99), p999: at(99.9), samples: this.#histogram.totalCount }
  }
}
