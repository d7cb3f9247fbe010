// Reads the options of calls: every own enumerable key once, unknown keys refused, nothing inherited. An
// option that this version does not know changes what a call means, so it must never be passed over.

import { invalidArgument, isDaybookError, tooLarge } from './errors.js'
import { callOptions, fixedLimits } from './options.js'
import { checkPosition, type Position } from './position.js'
import { type AppendGuard, checkConditions, checkQuery, type Selected } from './query.js'
import type { Durability, Retention } from './types.js'
import {
  checkBoolean,
  checkBound,
  checkFunction,
  checkKey,
  checkNumber,
  checkSignal,
  checkTag,
  checkTags,
  checkValue,
} from './validate.js'

const groupRecordsMax = fixedLimits.groupRecordsMax.value
const seqnumMax = fixedLimits.seqnumMax.value
const objectPrototype = Object.prototype

/** Which options a call takes beside `tag` and `match`; combined by `|`. */
export const takesRange = 1
/** And `atLeast`: whoever may wait. */
export const takesSignal = 2
export const takesReader = 4

function isPlain(options: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(options)
  if (prototype === objectPrototype || prototype === null) return true
  // The Object.prototype of another realm.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf')
}

function checkPlain(call: string, options: unknown): asserts options is Record<string, unknown> {
  if (typeof options !== 'object' || options === null || !isPlain(options)) {
    throw invalidArgument(`the options of ${call} must be a plain object`)
  }
}

function unknownOption(call: string, key: string): never {
  throw invalidArgument(`${call} knows no option '${key.slice(0, 64)}'`)
}

/** What a getter threw is the caller's mistake, and stays visible as the cause. */
function asArgumentError(call: string, error: unknown): unknown {
  return isDaybookError(error) ? error : invalidArgument(`the options of ${call} could not be read`, error)
}

/**
 * All known options that are given and not undefined, in an object without a prototype. For calls that are
 * rarely made.
 */
export function readOptions<K extends string>(
  call: string,
  options: unknown,
  known: readonly K[],
): { readonly [key in K]?: unknown } {
  const found: { [key in K]?: unknown } = Object.create(null)
  if (options === undefined) return found
  try {
    checkPlain(call, options)
    for (const key of Object.keys(options)) {
      if (!(known as readonly string[]).includes(key)) unknownOption(call, key)
      const value = options[key]
      if (value !== undefined) found[key as K] = value
    }
    return found
  } catch (error) {
    throw asArgumentError(call, error)
  }
}

const limits = ['maxAge', 'maxBytes', 'maxRecords'] as const

/**
 * What a book is to keep. No limit is no retention: that is null, so that one left out by mistake does not
 * lift all others.
 */
export function readRetention(retention: unknown): Retention | null {
  if (retention === null) return null
  if (retention === undefined) throw invalidArgument('retain wants its limits, or null to lift them')
  const given = readOptions('retain', retention, limits)
  const checked: { [limit in (typeof limits)[number]]?: number } = {}
  for (const limit of limits) {
    if (given[limit] !== undefined) checked[limit] = checkNumber(limit, given[limit], callOptions[limit])
  }
  if (Object.keys(checked).length > 0) return checked
  throw invalidArgument(`retain wants one of ${limits.join(', ')}, or null to lift them`)
}

/** The options of an append, or of an appendMany (which has no tags of its own). */
export class AppendArguments {
  tags: readonly string[] = checkTags(undefined)
  durability: Durability
  signal: AbortSignal | undefined = undefined
  guard: AppendGuard | undefined = undefined

  constructor(durability: Durability) {
    this.durability = durability
  }

  read(call: 'append' | 'appendMany', options: unknown): this {
    if (options === undefined) return this
    try {
      checkPlain(call, options)
      for (const key in options) if (Object.hasOwn(options, key)) this.#take(call, key, options[key])
      return this
    } catch (error) {
      throw asArgumentError(call, error)
    }
  }

  #take(call: string, key: string, value: unknown): void {
    if (key === 'tags' && call === 'append') this.tags = checkTags(value)
    else if (key === 'durability') {
      if (value !== undefined) this.durability = checkValue(key, value, callOptions.durability.values)
    } else if (key === 'signal') {
      if (value !== undefined) this.signal = checkSignal(value)
    } else if (key === 'expect') {
      if (value !== undefined) this.guard = { key: this.guard?.key, conditions: checkConditions(value) }
    } else if (key === 'key') {
      if (value !== undefined) this.guard = { key: checkKey(value), conditions: this.guard?.conditions ?? [] }
    } else unknownOption(call, key)
  }
}

/** The members of an appendMany as they are given, each looked at once. */
export function readItems(items: unknown): unknown[] {
  try {
    if (!Array.isArray(items)) throw invalidArgument('items must be an array')
    const count = items.length
    if (count > groupRecordsMax)
      throw tooLarge(`a group of ${count} records is over the limit of ${groupRecordsMax}`)
    const taken: unknown[] = []
    for (let i = 0; i < count; i++) taken.push(items[i])
    return taken
  } catch (error) {
    throw asArgumentError('appendMany', error)
  }
}

/** A member of a group, called `what`: its value as given, its tags checked. */
export function readItem(item: unknown, what: string): { data: unknown; tags: readonly string[] } {
  try {
    checkPlain(what, item)
    let data: unknown
    let tags = checkTags(undefined)
    for (const key in item) {
      if (!Object.hasOwn(item, key)) continue
      if (key === 'data') data = item[key]
      else if (key === 'tags') tags = checkTags(item[key])
      else unknownOption(what, key)
    }
    return { data, tags }
  } catch (error) {
    throw asArgumentError(what, error)
  }
}

/** The options of a call that reads, with bounds as two inclusive seqnums; `lower > upper` leaves nothing. */
export class ReadArguments {
  selected: Selected = null
  /** 0 to seqnumMax. */
  lower = 0
  /** -1 to seqnumMax. */
  upper: number = seqnumMax
  atLeast: Position | undefined = undefined
  signal: AbortSignal | undefined = undefined
  limit = Number.POSITIVE_INFINITY
  reverse = false
  live = false
  onCaughtUp: ((position: string) => void) | undefined = undefined
  onTrim: 'skip' | 'error' = 'skip'

  /** `takes`: the sum of what the call takes beside `tag` and `match`. */
  read(call: string, options: unknown, takes: number): this {
    if (options === undefined) return this
    try {
      checkPlain(call, options)
      for (const key in options) if (Object.hasOwn(options, key)) this.#take(call, key, options[key], takes)
    } catch (error) {
      throw asArgumentError(call, error)
    }
    return this
  }

  /** No seqnum lies within the bounds. */
  get isEmpty(): boolean {
    return this.lower > this.upper
  }

  #take(call: string, key: string, value: unknown, takes: number): void {
    if (key === 'tag') {
      if (value !== undefined) this.#select(checkTag(value))
    } else if (key === 'match') {
      if (value !== undefined) this.#select(checkQuery(value))
    } else if ((takes & takesRange) !== 0 && isBound(key)) {
      if (value !== undefined) this.#narrow(key, checkBound(key, value))
    } else if ((takes & takesSignal) !== 0 && key === 'signal') {
      if (value !== undefined) this.signal = checkSignal(value)
    } else if ((takes & takesSignal) !== 0 && key === 'atLeast') {
      if (value !== undefined) this.atLeast = checkPosition(value)
    } else if ((takes & takesReader) !== 0) {
      this.#takeReader(call, key, value)
    } else unknownOption(call, key)
  }

  #select(selected: Selected): void {
    if (this.selected !== null) throw invalidArgument('tag and match exclude each other')
    this.selected = selected
  }

  #narrow(key: string, bound: number): void {
    if (key === 'from' && bound <= seqnumMax) this.lower = Math.max(this.lower, bound)
    else if (key === 'to') this.upper = Math.min(this.upper, bound)
    else if (key === 'before') this.upper = Math.min(this.upper, Math.max(bound, 0) - 1)
    else if (key === 'after' && bound < seqnumMax) this.lower = Math.max(this.lower, bound + 1)
    // Nothing comes behind the last seqnum there can be.
    else this.upper = -1
  }

  #takeReader(call: string, key: string, value: unknown): void {
    switch (key) {
      case 'limit':
        if (value !== undefined) this.limit = checkNumber(key, value, callOptions.limit)
        return
      case 'reverse':
        if (value !== undefined) this.reverse = checkBoolean(key, value)
        return
      case 'live':
        if (value !== undefined) this.live = checkBoolean(key, value)
        return
      case 'onCaughtUp':
        if (value !== undefined) this.onCaughtUp = checkFunction(key, value) as (position: string) => void
        return
      case 'onTrim':
        if (value !== undefined) this.onTrim = checkValue(key, value, callOptions.onTrim.values)
        return
      default:
        unknownOption(call, key)
    }
  }
}

function isBound(key: string): boolean {
  return key === 'from' || key === 'after' || key === 'to' || key === 'before'
}
