// Directories for tests: made under the system's temporary directory, gone when the test is.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TempDirectory {
  readonly path: string
  remove(): Promise<void>
}

export async function tempDirectory(prefix = 'daybook-test-'): Promise<TempDirectory> {
  const path = await mkdtemp(join(tmpdir(), prefix))
  // A log whose close was not waited for may make a file while its directory goes.
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }) }
}
