// The one table of options and limits: what there is, its default, unit and bounds, and what it costs.
// Documentation and the comparison with the native core are made from it.

import type { Durability } from './types.js'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

export interface OptionEntry {
  /** Undefined: there is none, and leaving the option out means what `meaning` says. */
  readonly default: number | string | boolean | undefined
  /** Empty for what has no unit. */
  readonly unit: 'bytes' | 'milliseconds' | 'records' | 'seqnum' | ''
  /** Numbers: the bounds, both inclusive. `Infinity` as `max` means that Infinity itself is accepted. */
  readonly min?: number
  readonly max?: number
  /** What is not a number: the values there are. */
  readonly values?: readonly string[]
  readonly meaning: string
  readonly cost: string
}

const durability = {
  default: 'disk',
  unit: '',
  values: ['disk', 'os'],
  meaning: 'What an acknowledged append survives: the end of the machine (disk) or of the process (os).',
  cost: 'disk: one flush per group commit, shared by all appends that wait for it.',
} as const satisfies OptionEntry

/** Options that concern the engine: handles of one log that give them must agree. */
export const limitOptions = {
  maxPendingBytes: {
    default: 64 * MiB,
    unit: 'bytes',
    min: 64 * KiB,
    max: 4 * GiB,
    meaning:
      'Data and tags of appends not acknowledged yet. At or over it an append is refused as overloaded; ' +
      'below it a call is taken whole.',
    cost: 'That much memory, and up to one record or group more.',
  },
  maxRecordBytes: {
    default: 16 * MiB,
    unit: 'bytes',
    min: KiB,
    max: GiB,
    meaning: 'The most bytes of data in one record.',
    cost: 'A read holds at least one whole record in memory.',
  },
  maxGroupBytes: {
    default: 64 * MiB,
    unit: 'bytes',
    min: KiB,
    max: GiB,
    meaning: 'The most bytes of data and tags in one appendMany.',
    cost: 'A group is written and held in memory as a whole.',
  },
  auxBytes: {
    default: 16 * MiB,
    unit: 'bytes',
    min: 0,
    max: 4 * GiB,
    meaning:
      'Memory for aux data, beside memoryBytes; some 200 bytes count for each record that has some. What ' +
      'was not used for longest goes first. 0: none is kept.',
    cost: 'That much memory, once it is used.',
  },
} as const satisfies Record<string, OptionEntry>

/** Options of `open`. */
export const openOptions = {
  durability,
  lockTimeout: {
    default: 0,
    unit: 'milliseconds',
    min: 0,
    max: Number.POSITIVE_INFINITY,
    meaning: 'How long open waits for another process that has the directory open.',
    cost: 'While it waits, one attempt every 50 milliseconds.',
  },
  allowNetworkFileSystem: {
    default: false,
    unit: '',
    meaning: 'Open a directory that is on a network file system, which open refuses otherwise.',
    cost: 'Every promise about crashes and about one writing process depends on that file system.',
  },
  logger: {
    default: undefined,
    unit: '',
    meaning: 'An object with the methods debug, info, warn and error, such as pino: what happens to the log.',
    cost: 'A few calls at opening, at closing and when the log fails.',
  },
  readOnly: {
    default: false,
    unit: '',
    meaning: 'Follow the log that another process writes, and write nothing.',
    cost: 'Up to 1000 looks a second at a page of 128 bytes while somebody reads live, else 200.',
  },
  ...limitOptions,
  auxPersistent: {
    default: false,
    unit: '',
    meaning:
      'Keep aux data for the next time that the log is opened with this option: in LMDB, saved by the last ' +
      'handle that closes. After a crash there is none.',
    cost: 'Opening and closing read and write up to twice auxBytes; lmdb is loaded.',
  },
  memoryBytes: {
    default: 64 * MiB,
    unit: 'bytes',
    min: MiB,
    max: 64 * GiB,
    meaning:
      'Memory for the index and for records, whatever the length of the log: a quarter each for the newest ' +
      'records, the newest part of the index, the part that is being written, and blocks that were read.',
    cost: 'That much memory. Small: more reads from the disk, and more work in the background.',
  },
  checkpointBytes: {
    default: 32 * MiB,
    unit: 'bytes',
    min: MiB,
    max: 64 * GiB,
    meaning: 'Bytes of the log behind which a checkpoint is written: about what opening has to replay.',
    cost: 'Small: a run of the index and a checkpoint more often. Large: opening takes longer.',
  },
  lanes: {
    default: 1,
    unit: '',
    min: 1,
    max: 8,
    meaning: 'Segments that are written side by side, so that as many flushes can be in flight.',
    cost: 'A thread and a segment made ready for each.',
  },
  segmentBytes: {
    default: 64 * MiB,
    unit: 'bytes',
    min: MiB,
    max: GiB,
    meaning: 'Size at which a segment file is full and the next one begins.',
    cost: 'Small segments mean many files; about a millisecond each time one is full.',
  },
} as const satisfies Record<string, OptionEntry>

const bound = { default: undefined, unit: 'seqnum', min: -1, max: Number.POSITIVE_INFINITY } as const
const signal = {
  default: undefined,
  unit: '',
  meaning: 'An AbortSignal. When it aborts the call rejects with its reason.',
  cost: 'One listener while the call runs.',
} as const satisfies OptionEntry
const tag = {
  default: undefined,
  unit: '',
  meaning: 'Only records that carry this tag. Left out: the whole book.',
  cost: 'None.',
} as const satisfies OptionEntry
const tags = {
  default: undefined,
  unit: '',
  meaning: 'The tags of the record. Left out: none. Of writable: of each record, or a function of its value.',
  cost: 'An index entry each.',
} as const satisfies OptionEntry
const retained = {
  default: undefined,
  min: 1,
  max: Number.MAX_SAFE_INTEGER,
  cost: 'A trim now and then, in the background.',
} as const

/** Options of one call, by what they mean. Which call takes which is in its type. */
export const callOptions = {
  tag,
  match: {
    default: undefined,
    unit: '',
    meaning:
      'Only records that match the query: { all: [tags] } or { any: [tags, or { all: [tags] }] }. Not with ' +
      'tag.',
    cost: 'The index is asked for each of the tags; the rarest one sets the pace.',
  },
  expect: {
    default: undefined,
    unit: '',
    meaning:
      'One condition or several, { after, tag or match }: written only if nothing that is meant has come ' +
      'behind after. Members of one appendMany do not see each other.',
    cost: 'A look into the index when the append is ordered.',
  },
  key: {
    default: undefined,
    unit: '',
    meaning: 'An idempotency key: what is appended with one that the book remembers is not written again.',
    cost: 'About 50 bytes of memory for each key that is remembered.',
  },
  from: { ...bound, meaning: 'Lowest seqnum, inclusive. Left out: the beginning.', cost: 'None.' },
  after: { ...bound, meaning: 'Lowest seqnum, exclusive. Left out: the beginning.', cost: 'None.' },
  to: { ...bound, meaning: 'Highest seqnum, inclusive. Left out: the end.', cost: 'None.' },
  before: {
    ...bound,
    meaning: 'Highest seqnum, exclusive. Left out: the end. Of trim: the first seqnum that stays (required).',
    cost: 'None.',
  },
  limit: {
    default: Number.POSITIVE_INFINITY,
    unit: 'records',
    min: 0,
    max: Number.POSITIVE_INFINITY,
    meaning: 'The reader ends after this many records. Of books: at most this many.',
    cost: 'None.',
  },
  reverse: {
    default: false,
    unit: '',
    meaning: 'From the highest seqnum down. Not with live.',
    cost: 'None.',
  },
  live: {
    default: false,
    unit: '',
    meaning: 'Go on at the tail. Not with reverse.',
    cost: 'One wake-up per commit while the reader waits; it keeps the process alive.',
  },
  onCaughtUp: {
    default: undefined,
    unit: '',
    meaning:
      'Called once, with a position, when a live reader first reaches the tail: all up to there has been ' +
      'handed out. Only with live.',
    cost: 'None.',
  },
  atLeast: {
    default: undefined,
    unit: '',
    meaning: 'A position: the read waits until the log shows as much as it says.',
    cost: 'None where that is so already.',
  },
  highWaterMark: {
    default: undefined,
    unit: 'records',
    min: 1,
    max: 65_536,
    meaning:
      'How many records the buffer of a stream holds before it pushes back. Left out: 16 for readers, 1024 ' +
      'for what appends, since what waits there is appended as one group.',
    cost: 'Memory for so many records, whatever their size.',
  },
  items: {
    default: false,
    unit: '',
    meaning: 'What is written to the stream are objects with data and tags, as in appendMany. Not with tags.',
    cost: 'None.',
  },
  onAcknowledged: {
    default: undefined,
    unit: '',
    meaning: 'Called with the seqnums of records, in order, when they are acknowledged.',
    cost: 'One call per group.',
  },
  onTrim: {
    default: 'skip',
    unit: '',
    values: ['skip', 'error'],
    meaning: 'What a reader does about records that are trimmed while it reads.',
    cost: 'error: one look at the tail per wake-up.',
  },
  signal,
  tags,
  durability: { ...durability, default: undefined, meaning: `${durability.meaning} Left out: as opened.` },
  prefix: {
    default: undefined,
    unit: '',
    meaning: 'Only books whose names begin with it.',
    cost: 'None.',
  },
  afterName: {
    default: undefined,
    unit: '',
    meaning: 'Only books whose names come behind it: for lists in pages.',
    cost: 'Each page looks at every book.',
  },
  maxAge: {
    ...retained,
    unit: 'milliseconds',
    meaning: 'Records that are older are trimmed.',
  },
  maxBytes: {
    ...retained,
    unit: 'bytes',
    meaning: 'The oldest records are trimmed when the book holds more bytes.',
  },
  maxRecords: {
    ...retained,
    unit: 'records',
    meaning: 'The oldest records are trimmed when the book holds more records.',
  },
  timeout: {
    default: Number.POSITIVE_INFINITY,
    unit: 'milliseconds',
    min: 0,
    max: Number.POSITIVE_INFINITY,
    meaning: 'How long close waits for pending appends, which then end as unknown.',
    cost: 'None.',
  },
  codec: {
    default: undefined,
    unit: '',
    meaning: 'Of book: turns values into bytes and back. Left out: values are Uint8Arrays.',
    cost: 'Its own.',
  },
} as const satisfies Record<string, OptionEntry>

/** Limits that no option changes, because formats or the index rely on them. */
export const fixedLimits = {
  tagBytesMax: { value: 255, unit: 'bytes', meaning: 'One tag, as UTF-8. At least 1.' },
  tagsPerRecordMax: { value: 256, unit: 'tags', meaning: 'Tags of one record.' },
  bookNameBytesMax: { value: 255, unit: 'bytes', meaning: 'The name of a book, as UTF-8. At least 1.' },
  auxValueBytesMax: { value: MiB, unit: 'bytes', meaning: 'The aux data of one record.' },
  groupRecordsMax: { value: 65_536, unit: 'records', meaning: 'Records of one appendMany.' },
  keyBytesMax: { value: 255, unit: 'bytes', meaning: 'An idempotency key, as UTF-8. At least 1.' },
  conditionsMax: { value: 64, unit: 'conditions', meaning: 'Conditions of one append. At least 1.' },
  queryTermsMax: { value: 64, unit: 'terms', meaning: 'Members of all and of any in a query. At least 1.' },
  tagTrimsMax: {
    value: 1_048_576,
    unit: 'tags',
    meaning: 'That are trimmed in one log, each above the trim mark of its book.',
  },
  keysRemembered: { value: 262_144, unit: 'keys', meaning: 'The newest keys of a log that are remembered.' },
  keysAgeMax: {
    value: 86_400_000,
    unit: 'milliseconds',
    meaning: 'How long a key is remembered, by the time of the log.',
  },
  queryBytesMax: {
    value: 65_536,
    unit: 'bytes',
    meaning: 'The tags of one query, or of all conditions of one append together, as UTF-8.',
  },
  seqnumMax: { value: Number.MAX_SAFE_INTEGER, unit: 'seqnum', meaning: 'The last seqnum there can be.' },
} as const

/** Sizes of the batches that a reader asks for: the first one, and the most it grows to. */
export const readerBatch = { recordsFirst: 64, recordsMax: 1024 } as const

/**
 * What streams hold ready when `highWaterMark` does not say it, and the most in one group that they append.
 */
export const streamDefaults = { readable: 16, writable: 1024, groupBytesMax: 4 * MiB } as const

/** What the layer above a backend has to know of how the log was opened. */
export interface LogSettings {
  readonly durability: Durability
  readonly maxRecordBytes: number
  readonly maxGroupBytes: number
  /** The handle follows what another process writes. */
  readonly readOnly?: boolean
}
