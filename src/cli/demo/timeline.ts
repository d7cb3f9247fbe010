// Questions to the log that its tags answer: timelines, the last record, counts.

import { bar, clipStart, count, counted, duration, width } from '../text.js'
import { type Input, monthPrefix, type Row, type View } from './input.js'
import type { EmbeddedBook } from './open-log.js'
import type { Column, Report } from './report.js'
import type { TagTally } from './tag-tally.js'

/** Records of a timeline that are shown. */
const rowsMax = 6
/** Months that are counted, the last ones. */
const monthsMax = 12

export type Book = EmbeddedBook<unknown>

/** All records under a tag, or in the whole book. */
export async function countRecords(book: Book, tag?: string): Promise<number> {
  let records = 0
  for await (const batch of book.read({ tag }).batches()) records += batch.length
  return records
}

/** The newest records under the tag that came most often, and how many there are. */
export async function showTimeline(
  report: Report,
  book: Book,
  input: Input,
  view: View,
  tag: string,
): Promise<void> {
  const name = tag.slice(view.prefix.length)
  const began = performance.now()
  const total = await countRecords(book, tag)
  const took = duration(performance.now() - began)
  report.section(`${view.heading}: ${clipStart(name, report.columns - width(view.heading) - 6)}`)
  report.code(`book.read({ tag: ${quoted(tag, report.columns - 46)}, reverse: true, limit: ${rowsMax} })`)
  const rows: string[][] = []
  for await (const record of book.read({ tag, reverse: true, limit: rowsMax })) {
    rows.push(cells(record.seqnum, input.row(record.value)))
  }
  report.table(columns, rows)
  const older = total - rows.length
  const more = older > 0 ? `and ${count(older)} older; ` : ''
  report.line(`${more}${counted(total, input.noun)} under this tag, all read in ${took}`)
}

/** The last record of one tag in each view: one look-up each. */
export function showLast(report: Report, book: Book, input: Input, tags: readonly string[]): void {
  report.section('The last record under a tag')
  for (const tag of tags) {
    report.code(`book.readPrevSync({ tag: ${quoted(tag, report.columns - 32)} })`)
    const record = book.readPrevSync({ tag })
    if (record !== null) report.table(columns, [cells(record.seqnum, input.row(record.value))])
  }
}

/** How many records the last months have, each counted in the log. */
export async function showMonths(report: Report, book: Book, input: Input, months: TagTally): Promise<void> {
  const tags = months.sorted().slice(-monthsMax)
  report.section(`${input.noun[1]} per month`.replace(/^./, (first) => first.toUpperCase()))
  report.code(`for await (const batch of book.read({ tag: '${tags.at(-1)}' }).batches()) …`)
  const counts = await Promise.all(tags.map((tag) => countRecords(book, tag)))
  const most = Math.max(...counts)
  const room = report.columns - 24
  const rows = tags.map((tag, at) => {
    const records = counts[at]!
    return [tag.slice(monthPrefix.length), count(records), bar(records / most, room)]
  })
  report.table([{}, { align: 'right' }, {}], rows)
}

/** Seqnum, date, author or size, and what it is. */
const columns: readonly Column[] = [{ align: 'right' }, {}, { max: 18 }, {}]

function cells(seqnum: number, { date, by, text }: Row): string[] {
  return [String(seqnum), date, by, text]
}

/** A tag as a literal of at most `room` columns; what is missing is missing behind the prefix. */
function quoted(tag: string, room: number): string {
  const name = tag.indexOf(':') + 1
  return `'${tag.slice(0, name)}${clipStart(tag.slice(name), room - name - 2)}'`
}
