// What became of the appends of one handle, in numbers.

import { type ErrorCode, isDaybookError } from './errors.js'

export class AppendCounts {
  /** Of appends that were acknowledged. */
  records = 0
  /** Data and tags of them. */
  bytes = 0
  readonly #rejected = new Map<ErrorCode, number>()

  /** An append or group has been refused or has failed. Errors that are not of the log do not count. */
  reject(error: unknown): void {
    if (!isDaybookError(error)) return
    this.#rejected.set(error.code, (this.#rejected.get(error.code) ?? 0) + 1)
  }

  get rejected(): Readonly<Partial<Record<ErrorCode, number>>> {
    return Object.fromEntries(this.#rejected)
  }
}
