// The building blocks of a shared log, the entry point `daybook/order`. docs/order.md.

export { type DaybookError, type ErrorCode, isDaybookError } from '../log/errors.js'
export {
  Cursor,
  type CursorState,
  type NextEntryOptions,
  type OrderedRun,
  type ShardState,
} from './cursor.js'
export { Cut, type ShardProgress } from './cut.js'
export type {
  AddShard,
  FinalizeShard,
  MetalogCommand,
  NameBook,
  Recover,
  RetainBook,
  TrimBook,
  TrimTag,
} from './metalog-command.js'
export { MetalogEntry, type MetalogEntryFields } from './metalog-entry.js'
export { RecordFrame, type ShardRecord } from './record-frame.js'
export type { FrameScope } from './scope.js'
export { type NewRecord, Shard, type ShardOptions } from './shard.js'
export { TagIndex, type TagIndexOptions, type TagIndexStat } from './tag-index.js'
