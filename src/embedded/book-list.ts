// Books as native code tells them.

import type { BookInfo, Retention } from '../log/types.js'
import { bookWidth, type NativeBooks } from './addon.js'

export function booksIn([names, numbers]: NativeBooks): BookInfo[] {
  return names.map((name, i) => {
    const at = i * bookWidth
    return {
      name,
      records: numbers[at] as number,
      bytes: numbers[at + 1] as number,
      retention: retentionOf(numbers.subarray(at + 2, at + bookWidth)),
    }
  })
}

/** Zeros stand for no limit. */
function retentionOf([maxAge = 0, maxBytes = 0, maxRecords = 0]: Float64Array): Retention | null {
  if (maxAge === 0 && maxBytes === 0 && maxRecords === 0) return null
  return {
    ...(maxAge !== 0 && { maxAge }),
    ...(maxBytes !== 0 && { maxBytes }),
    ...(maxRecords !== 0 && { maxRecords }),
  }
}
