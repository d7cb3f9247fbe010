// Makes tags of the fields of a value: which field, and what stands in front of its content.

import { InvalidArgumentError } from 'commander'
import { isDaybookError } from '../../index.js'
import { checkTags } from '../../log/validate.js'
import { tag } from '../arguments.js'
import { isWrittenOtherwise, parseKeepingDigits } from './digits.js'
import { LineError } from './line-error.js'

export interface TagRule {
  readonly prefix: string
  /** As it was written, for messages. */
  readonly field: string
  /** The names on the way from the outermost object in. */
  readonly path: readonly string[]
}

/**
 * `user.id` makes `user.id:42`, `user=user.id` makes `user:42`, `=user.id` makes `42`. A dot that is part of
 * a name is written `\.`.
 */
export function parseTagRule(text: string): TagRule {
  const [, name, field = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(text) ?? []
  const path = (field.match(/(?:\\.|[^.\\])+/gs) ?? []).map((part) => part.replace(/\\(.)/gs, '$1'))
  if (path.length === 0) throw new InvalidArgumentError('It must name a field: user.id, or tag=user.id.')
  const prefix = name ?? field
  return { prefix: prefix === '' ? '' : tag(`${prefix}:`), field, path }
}

/**
 * The tags of the value that a text in JSON is. Fields that are missing or null give none, arrays those of
 * each element. Numbers keep the digits that they are written with.
 */
export function tagsOf(text: string, value: unknown, rules: readonly TagRule[]): readonly string[] {
  if (rules.length === 0) return []
  let contents = contentsOf(value, rules)
  if (contents.some(({ content }) => isWrittenOtherwise(content, text)))
    contents = contentsOf(parseKeepingDigits(text), rules)
  try {
    return checkTags(contents.map(({ prefix, content }) => `${prefix}${content}`))
  } catch (error) {
    if (isDaybookError(error)) throw new LineError(error.message)
    throw error
  }
}

/** What becomes a tag: all but objects, arrays and null. */
interface TagContent {
  readonly prefix: string
  readonly content: unknown
}

function contentsOf(value: unknown, rules: readonly TagRule[]): TagContent[] {
  const contents: TagContent[] = []
  for (const rule of rules) addContents(rule, value, 0, contents)
  return contents
}

/** `content` is what `depth` names of the path have led to. */
function addContents(rule: TagRule, content: unknown, depth: number, contents: TagContent[]): void {
  if (content === undefined || content === null) return
  if (Array.isArray(content)) {
    for (const element of content) addContents(rule, element, depth, contents)
    return
  }
  const name = rule.path[depth]
  if (name === undefined) {
    if (typeof content === 'object') throw new LineError(`the field ${rule.field} is an object, and no tag`)
    contents.push({ prefix: rule.prefix, content })
  } else if (typeof content === 'object' && Object.hasOwn(content, name)) {
    addContents(rule, (content as Record<string, unknown>)[name], depth + 1, contents)
  }
}
