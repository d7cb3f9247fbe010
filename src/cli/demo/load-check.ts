// Compares what a log holds with what was acknowledged of the load.

import { isLoadRecord, loadNumber, loadWriters, writerTag } from './load-record.js'
import type { EmbeddedBook } from './open-log.js'

export interface LoadFindings {
  /** All records in the book. */
  readonly found: number
  /** Acknowledged records at their seqnum, with their bytes and tags. */
  readonly inPlace: number
  /** Records that were not acknowledged: those in flight. */
  readonly beyond: number
  /** Records with bytes or tags that nobody appended, at a seqnum not their own, or out of order. */
  readonly wrong: number
  /** Records found by their tags. */
  readonly foundByTag: number
}

/** `seqnums[number]` is what the append of record `number` resolved to. */
export async function checkLoad(book: EmbeddedBook, seqnums: readonly number[]): Promise<LoadFindings> {
  let found = 0
  let inPlace = 0
  let beyond = 0
  let last = -1
  for await (const batch of book.read().batches()) {
    for (const record of batch) {
      found += 1
      const number = loadNumber(record.data)
      // One writer's records stand in the order in which it appended them.
      if (number <= last || !isLoadRecord(record, number)) continue
      last = number
      if (number >= seqnums.length) beyond += 1
      else if (record.seqnum === seqnums[number]) inPlace += 1
    }
  }
  return { found, inPlace, beyond, wrong: found - inPlace - beyond, foundByTag: await countByTag(book) }
}

async function countByTag(book: EmbeddedBook): Promise<number> {
  let records = 0
  for (let writer = 0; writer < loadWriters; writer += 1) {
    const tag = writerTag(writer)
    for await (const batch of book.read({ tag }).batches()) {
      for (const record of batch) if (writerTag(loadNumber(record.data)) === tag) records += 1
    }
  }
  return records
}
