// What an AbortSignal ends: the wait for a promise, or whatever listens.

/** Calls back once, at once if the signal has aborted, until the returned function is called. */
export function onAbort(signal: AbortSignal | undefined, aborted: (reason: unknown) => void): () => void {
  if (signal === undefined) return nothing
  if (signal.aborted) {
    aborted(signal.reason)
    return nothing
  }
  const listener = (): void => aborted(signal.reason)
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/**
 * Settles as `work` does, or rejects with the signal's reason if that aborts first; what `work` comes to is
 * then dropped. The listener is gone when the returned promise settles.
 */
export function untilAborted<R>(work: Promise<R>, signal: AbortSignal): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    const release = onAbort(signal, reject)
    work.then(
      (result) => {
        release()
        resolve(result)
      },
      (error: unknown) => {
        release()
        reject(error)
      },
    )
  })
}

function nothing(): void {}
