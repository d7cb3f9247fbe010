// The records of the kill: each follows from its number, so that whoever knows the number knows every byte.

/** Bytes of data in one record. */
export const loadRecordBytes = 128
/** Tags that share the records between them. */
export const loadWriters = 16

const headerBytes = 8

export interface LoadRecord {
  readonly data: Uint8Array
  readonly tags: readonly [writer: string, hundred: string]
}

export function writerTag(number: number): string {
  return `writer:${number % loadWriters}`
}

/** Record `number`, from 0 on: its number, and bytes that no other number has. */
export function loadRecord(number: number): LoadRecord {
  const data = Buffer.allocUnsafe(loadRecordBytes)
  data.writeDoubleLE(number, 0)
  let state = (number + 1) >>> 0
  for (let at = headerBytes; at < loadRecordBytes; at += 4) {
    // A step of a linear congruential generator, with its weak low bits mixed away.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    data.writeUInt32LE((state ^ (state >>> 15)) >>> 0, at)
  }
  return { data, tags: [writerTag(number), `hundred:${Math.floor(number / 100)}`] }
}

/** The number that the data begins with; -1 if it is too short for one. */
export function loadNumber(data: Uint8Array): number {
  if (data.byteLength < headerBytes) return -1
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).readDoubleLE(0)
}

/** Whether these are the bytes and tags of record `number`. */
export function isLoadRecord(record: { data: Uint8Array; tags: readonly string[] }, number: number): boolean {
  if (!Number.isSafeInteger(number) || number < 0) return false
  const expected = loadRecord(number)
  return (
    Buffer.compare(record.data, expected.data) === 0 &&
    record.tags.length === expected.tags.length &&
    record.tags.every((tag, at) => tag === expected.tags[at])
  )
}
