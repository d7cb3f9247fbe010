// How a log in a directory was opened.

import type { LogSettings } from '../log/options.js'

export interface EmbeddedSettings extends LogSettings {
  readonly directory: string
  readonly readOnly: boolean
  readonly maxPendingBytes: number
  readonly auxBytes: number
}
