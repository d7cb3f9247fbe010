// The choice of what to import.

import { filesInput } from './files-input.js'
import { findHistory } from './git-input.js'
import type { Input } from './input.js'

export interface ChosenInput {
  readonly input: Input
  /** Why it is not the history of a git repository; undefined if it is. */
  readonly reason: string | undefined
}

/** The git history at `path`; where there is none the files there; where there are none our own. */
export async function chooseInput(
  path: string,
  commitsMax: number,
  packageRoot: string,
  signal: AbortSignal,
): Promise<ChosenInput> {
  const history = await findHistory(path, commitsMax, signal)
  if (typeof history !== 'string') return { input: history, reason: undefined }
  const files = await filesInput(path, signal)
  if (files.total > 0) {
    return { input: files, reason: `${history}; the files there are imported instead` }
  }
  return {
    input: await filesInput(packageRoot, signal),
    reason: `${history} and holds no files; the files of daybook itself are imported instead`,
  }
}
