// Which records of a book are meant: queries over tags, and the conditions of appends. Checked once, when the
// call is made; whoever reads by them afterwards believes them.

import { invalidArgument, tooLarge } from './errors.js'
import { fixedLimits } from './options.js'
import { checkBound, checkTag, tagBytes } from './validate.js'

const termsMax = fixedLimits.queryTermsMax.value
const conditionsMax = fixedLimits.conditionsMax.value
const bytesMax = fixedLimits.queryBytesMax.value

/** A record matches if it has all tags of any of the terms. No term is empty, and there is at least one. */
export class CheckedQuery {
  readonly terms: readonly (readonly string[])[]

  constructor(terms: readonly (readonly string[])[]) {
    this.terms = terms
  }

  /** Of all its tags. */
  get bytes(): number {
    return this.terms.reduce((sum, term) => sum + tagBytes(term), 0)
  }

  matches(tags: readonly string[]): boolean {
    return this.terms.some((term) => term.every((tag) => tags.includes(tag)))
  }
}

/** What a call asks for: the records with a tag, those that match a query, or the whole book. */
export type Selected = string | CheckedQuery | null

export function isSelected(selected: Selected, tags: readonly string[]): boolean {
  if (selected === null) return true
  return typeof selected === 'string' ? tags.includes(selected) : selected.matches(tags)
}

/** Holds if no matching record has a seqnum above `after`. */
export interface CheckedCondition {
  readonly selected: Selected
  /** -1 to Infinity. */
  readonly after: number
}

/** What decides whether a group is written. */
export interface AppendGuard {
  readonly key: string | undefined
  readonly conditions: readonly CheckedCondition[]
}

function ownKeys(what: string, value: unknown): [Record<string, unknown>, string[]] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgument(`${what} must be a plain object`)
  }
  return [value as Record<string, unknown>, Object.keys(value)]
}

/** A list as it is now, each member looked at once. */
function checkList(what: string, value: unknown, max: number): unknown[] {
  if (!Array.isArray(value)) throw invalidArgument(`${what} must be an array`)
  const count = value.length
  if (count < 1 || count > max) throw invalidArgument(`${what} wants 1 to ${max} members, not ${count}`)
  return Array.from({ length: count }, (_, i) => value[i])
}

function checkAll(what: string, value: unknown): readonly string[] {
  return [...new Set(checkList(what, value, termsMax).map((tag) => checkTag(tag)))]
}

function checkTerm(term: unknown): readonly string[] {
  if (typeof term === 'string') return [checkTag(term)]
  const [given, keys] = ownKeys('a member of any', term)
  if (keys.length !== 1 || keys[0] !== 'all') {
    throw invalidArgument('a member of any is a tag, or an object with all and nothing else')
  }
  return checkAll('all', given['all'])
}

/** `{ all: [...] }` or `{ any: [...] }`. */
export function checkQuery(value: unknown): CheckedQuery {
  const [given, keys] = ownKeys('match', value)
  const [key] = keys
  if (keys.length !== 1 || (key !== 'all' && key !== 'any')) {
    throw invalidArgument('match is an object with all, or with any, and nothing else')
  }
  const list: unknown = given[key]
  const terms =
    key === 'all' ? [checkAll('match.all', list)] : checkList('match.any', list, termsMax).map(checkTerm)
  const query = new CheckedQuery(terms)
  checkBytes('a query', query.bytes)
  return query
}

function checkBytes(what: string, bytes: number): void {
  if (bytes > bytesMax)
    throw tooLarge(`the tags of ${what} have ${bytes} bytes, over the limit of ${bytesMax}`)
}

function checkCondition(value: unknown): CheckedCondition {
  const [given, keys] = ownKeys('a condition', value)
  let selected: Selected = null
  let after: number | undefined
  for (const key of keys) {
    const option: unknown = given[key]
    if (key === 'after') after = checkBound('after', option)
    else if (key !== 'tag' && key !== 'match') {
      throw invalidArgument(`a condition knows no option '${key.slice(0, 64)}'`)
    } else if (option !== undefined) {
      if (selected !== null) throw invalidArgument('tag and match exclude each other')
      selected = key === 'tag' ? checkTag(option) : checkQuery(option)
    }
  }
  if (after === undefined) throw invalidArgument('a condition wants after: a seqnum, or -1 for none at all')
  return { selected, after }
}

/** One condition, or 1 to 64 of them. */
export function checkConditions(value: unknown): readonly CheckedCondition[] {
  if (!Array.isArray(value)) return [checkCondition(value)]
  const conditions = checkList('expect', value, conditionsMax).map(checkCondition)
  const bytes = conditions.reduce(
    (sum, { selected }) => sum + (selected instanceof CheckedQuery ? selected.bytes : 0),
    0,
  )
  checkBytes('all conditions', bytes)
  return conditions
}
