// Arguments and options that commands have in common, and how their values are read.

import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Query } from '../index.js'
import { isDaybookError } from '../index.js'
import { checkQuery } from '../log/query.js'
import { checkBookName, checkNamePart, checkTag } from '../log/validate.js'

/** A number from `min` to `max`. */
export function number(min: number, max: number, whole = true): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value)))
      return value
    throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`)
  }
}

/** A seqnum as a bound. */
export const seqnum = number(-1, Number.MAX_SAFE_INTEGER)
/** How many of something. */
export const amount = number(0, Number.MAX_SAFE_INTEGER)

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Milliseconds. A Date can still be so far in the past. */
const durationMax = 10_000_000 * 604_800_000

/** A time as `30s`, `15m`, `12h`, `7d` or `2w`, in milliseconds. */
export function duration(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([smhdw])$/.exec(text) ?? []
  const factor = units[unit]
  if (factor === undefined)
    throw new InvalidArgumentError('It must be a number with a unit: 30s, 15m, 12h, 7d or 2w.')
  const milliseconds = Number(digits) * factor
  if (milliseconds > durationMax) throw new InvalidArgumentError('It must be at most 10000000w.')
  return milliseconds
}

/** What the log would refuse is refused before there is a log. */
function asArgument<R>(check: () => R): R {
  try {
    return check()
  } catch (error) {
    throw isDaybookError(error) ? new InvalidArgumentError(`${error.message}.`) : error
  }
}

export const bookName = (text: string): string => asArgument(() => checkBookName(text))
export const bookPrefix = (text: string): string => asArgument(() => checkNamePart('prefix', text))
export const tag = (text: string): string => asArgument(() => checkTag(text))

/** A query as JSON. */
export function query(text: string): Query {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('It must be JSON, such as {"all":["a","b"]}.')
  }
  asArgument(() => checkQuery(value))
  return value as Query
}

/** For options that may be given again and again. */
export function collect<T>(
  read: (text: string) => T,
): (text: string, before: readonly T[] | undefined) => T[] {
  return (text, before) => [...(before ?? []), read(text)]
}

export const directoryArgument = ['<directory>', 'the directory of the log'] as const

export function bookOption(text: string): Option {
  return new Option('-b, --book <name>', text).argParser(bookName)
}

export function durabilityOption(): Option {
  return new Option('--durability <what>', "what each record survives: 'disk' or 'os'")
    .choices(['disk', 'os'])
    .default('disk')
}

/** Lines below the help: examples as they are typed. */
export function examples(
  command: Command,
  lines: readonly (readonly [line: string, does: string])[],
): Command {
  const width = Math.max(...lines.map(([line]) => line.length))
  const text = lines.map(([line, does]) => `  ${line.padEnd(width)}  ${does}`).join('\n')
  return command.addHelpText('after', `\nExamples:\n${text}`)
}
