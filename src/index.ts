// The exports of the package, nothing else.

// The log in a directory, over the native core:
export { type OpenOptions, open } from './embedded/index.js'
export { json } from './log/codec.js'
export {
  type AppendOutcome,
  type Conflict,
  type DaybookError,
  type ErrorCode,
  isDaybookError,
} from './log/errors.js'
export type {
  CloseEvent,
  CommitEvent,
  FailureEvent,
  Logger,
  OpenEvent,
  RecoveryEvent,
} from './log/event-types.js'
export { type MemoryOptions, openMemory } from './log/memory-log.js'
export { MemoryStore } from './log/memory-store.js'
export type { HandleMetrics, Histogram, HistogramBucket, LogMetrics } from './log/metrics-types.js'
export type {
  AllOf,
  AnyOf,
  AppendManyItem,
  AppendManyOptions,
  AppendOptions,
  Book,
  BookInfo,
  BookOptions,
  BooksOptions,
  Cancellation,
  CloseOptions,
  Codec,
  Condition,
  Durability,
  EmbeddedBook,
  EmbeddedLog,
  FindOptions,
  FindSyncOptions,
  Freshness,
  GetOptions,
  Guard,
  Log,
  LogRecord,
  LogStat,
  LogState,
  LogStatus,
  Query,
  Range,
  ReadableOptions,
  Reader,
  ReadOptions,
  Retention,
  SegmentStat,
  Selector,
  TailOptions,
  TailSyncOptions,
  TrimOptions,
  WritableOptions,
} from './log/types.js'
