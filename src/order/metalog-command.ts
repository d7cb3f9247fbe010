// The commands of a metalog entry: what it says beside its cut. Their bytes are in
// docs/formats/metalog-entry.md.

import { outOfRange } from '../log/errors.js'
import { checkBookName, checkTag } from '../log/validate.js'
import type { NativeCommand } from './addon.js'
import { checkCount, checkKeys, checkObject, countMax, u32Max } from './checks.js'

/** A shard may grow from an exact entry on. Its number was given to no other shard before. */
export interface AddShard {
  /** Which command it is. */
  readonly kind: 'addShard'
  /** Number of the shard. */
  readonly shard: number
  /** How many entries later it takes effect; 0: in this one. */
  readonly countdown: number
}

/** A shard may not grow any more from an exact entry on. Of several, the earliest end counts. */
export interface FinalizeShard {
  /** Which command it is. */
  readonly kind: 'finalizeShard'
  /** Number of the shard. */
  readonly shard: number
  /** How many entries later it takes effect; 0: in this one. */
  readonly countdown: number
}

/** A number gets its book. */
export interface NameBook {
  /** Which command it is. */
  readonly kind: 'nameBook'
  /** Number of the book, never given to another name. */
  readonly book: number
  /** 1 to 255 bytes of UTF-8. */
  readonly name: string
}

/** A book's records below a mark are trimmed; of a drop, the book ends too. */
export interface TrimBook {
  /** Which command it is. */
  readonly kind: 'trimBook' | 'dropBook'
  /** Number of the book. */
  readonly book: number
  /** The seqnum of the first record that stays. */
  readonly before: number
}

/** Records of a book below a mark do not carry a tag any more. */
export interface TrimTag {
  /** Which command it is. */
  readonly kind: 'trimTag'
  /** Number of the book. */
  readonly book: number
  /** The seqnum of the first record that keeps the tag. */
  readonly before: number
  /** 1 to 255 bytes of UTF-8. */
  readonly tag: string
}

/** What a book keeps by itself; 0: no limit. */
export interface RetainBook {
  /** Which command it is. */
  readonly kind: 'retention'
  /** Number of the book. */
  readonly book: number
  /** Milliseconds. */
  readonly maxAge: number
  /** Bytes. */
  readonly maxBytes: number
  /** Records. */
  readonly maxRecords: number
}

/** Of an embedded log alone: it goes on behind a batch in a new term. */
export interface Recover {
  /** Which command it is. */
  readonly kind: 'recover'
  /** Number of the term that was cut off. */
  readonly lostTerm: number
  /** Number of the last batch that counts. */
  readonly lastBatch: number
  /** Its checksum, 0 to 2^32 - 1. */
  readonly lastChecksum: number
}

/**
 * What an entry says beside its cut. Commands take effect before the entry's records. Those about shards are
 * the cursor's; about books it does nothing: that is for whoever keeps books, trims and limits.
 */
export type MetalogCommand = AddShard | FinalizeShard | NameBook | TrimBook | TrimTag | RetainBook | Recover

type CommandKind = MetalogCommand['kind']

/** For each kind its number in the format, and its numbers with their maximum, in order. */
const shapes: Readonly<Record<CommandKind, readonly [number, Readonly<Record<string, number>>]>> = {
  nameBook: [1, { book: countMax }],
  dropBook: [2, { book: countMax, before: countMax }],
  trimBook: [3, { book: countMax, before: countMax }],
  trimTag: [4, { book: countMax, before: countMax }],
  retention: [
    5,
    {
      book: countMax,
      maxAge: countMax,
      maxBytes: countMax,
      maxRecords: countMax,
    },
  ],
  recover: [8, { lostTerm: countMax, lastBatch: countMax, lastChecksum: u32Max }],
  addShard: [10, { shard: u32Max, countdown: countMax }],
  finalizeShard: [11, { shard: u32Max, countdown: countMax }],
}
const kinds = Object.keys(shapes) as CommandKind[]

/** The name of its text, if the command has one. */
function textOf(kind: CommandKind): 'name' | 'tag' | undefined {
  if (kind === 'nameBook') return 'name'
  return kind === 'trimTag' ? 'tag' : undefined
}

const nativeCommandWidth = 6

export function checkCommand(value: unknown): MetalogCommand {
  const given = checkObject('a command', value)
  const kind = kinds.find((known) => known === given['kind'])
  if (kind === undefined) throw outOfRange(`the kind of a command must be one of ${kinds.join(', ')}`)
  const [, fields] = shapes[kind]
  const text = textOf(kind)
  const names = [...Object.keys(fields), ...(text === undefined ? [] : [text])]
  checkKeys(kind, given, ['kind', ...names])
  const command: Record<string, unknown> = { kind }
  for (const [name, max] of Object.entries(fields)) command[name] = checkCount(name, given[name], max)
  if (text === 'name') command['name'] = checkBookName(given['name'])
  if (text === 'tag') command['tag'] = checkTag(given['tag'])
  return Object.freeze(command) as unknown as MetalogCommand
}

export function commandToNative(command: MetalogCommand): NativeCommand {
  const [number, fields] = shapes[command.kind]
  const values = Object.keys(fields).map((name) => (command as unknown as Record<string, number>)[name] ?? 0)
  while (values.length < nativeCommandWidth - 2) values.push(0)
  const text = command.kind === 'nameBook' ? command.name : command.kind === 'trimTag' ? command.tag : ''
  return [number, ...values, text]
}

export function commandFromNative(row: NativeCommand): MetalogCommand {
  const kind = kinds.find((known) => shapes[known][0] === row[0]) as CommandKind
  const names = Object.keys(shapes[kind][1])
  const command: Record<string, unknown> = { kind }
  for (const [i, name] of names.entries()) command[name] = row[i + 1]
  const text = textOf(kind)
  if (text !== undefined) command[text] = row[nativeCommandWidth - 1]
  return command as unknown as MetalogCommand
}
