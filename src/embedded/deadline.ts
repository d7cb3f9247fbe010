// One deadline for several waits.

/** Milliseconds from now on, or Infinity: no deadline. */
export class Deadline {
  #timer: NodeJS.Timeout | undefined
  readonly #passed: Promise<false> | undefined

  constructor(timeoutMs: number) {
    if (timeoutMs === Number.POSITIVE_INFINITY) return
    this.#passed = new Promise((resolve) => {
      this.#timer = setTimeout(() => resolve(false), timeoutMs)
    })
  }

  /** False if the deadline comes first. */
  async race(wait: Promise<unknown>): Promise<boolean> {
    const done = wait.then(() => true)
    return this.#passed === undefined ? done : Promise.race([done, this.#passed])
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}
