// The bytes of queries, conditions and keys, as they stand in the log and cross into native code
// (docs/formats/frame.md, "Record").

import type { AppendGuard, CheckedCondition, CheckedQuery, Selected } from '../log/query.js'

const kindWholeBook = 0
const kindTag = 1
const kindAllOf = 2
const kindAnyOf = 3
const extraKey = 1
const extraConditions = 2

/** Bytes that grow. */
class Bytes {
  readonly #bytes: number[] = []

  get length(): number {
    return this.#bytes.length
  }

  put(byte: number): this {
    this.#bytes.push(byte)
    return this
  }

  /** Up to 2^53. */
  putVarint(value: number): this {
    let rest = value
    while (rest >= 0x80) {
      this.#bytes.push((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    return this.put(rest)
  }

  putText(text: string): this {
    for (const byte of Buffer.from(text)) this.#bytes.push(byte)
    return this
  }

  putTags(tags: readonly string[]): this {
    for (const tag of tags) this.put(Buffer.byteLength(tag)).putText(tag)
    return this
  }

  putBytes(bytes: Bytes): this {
    for (const byte of bytes.#bytes) this.#bytes.push(byte)
    return this
  }

  take(): Buffer {
    return Buffer.from(this.#bytes)
  }
}

function putSelected(to: Bytes, selected: Selected): void {
  if (selected === null) {
    to.put(kindWholeBook)
  } else if (typeof selected === 'string') {
    to.put(kindTag).putTags([selected])
  } else if (selected.terms.length === 1) {
    const [tags = []] = selected.terms
    to.put(kindAllOf).putVarint(tags.length).putTags(tags)
  } else {
    to.put(kindAnyOf).putVarint(selected.terms.length)
    for (const tags of selected.terms) to.putVarint(tags.length).putTags(tags)
  }
}

const encodedQueries = new WeakMap<CheckedQuery, Buffer>()

/** As native reads take it: a tag as it is, a query as bytes, null for the whole book. */
export function nativeSelector(selected: Selected): string | Buffer | null {
  if (selected === null || typeof selected === 'string') return selected
  let bytes = encodedQueries.get(selected)
  if (bytes === undefined) {
    const to = new Bytes()
    putSelected(to, selected)
    bytes = to.take()
    encodedQueries.set(selected, bytes)
  }
  return bytes
}

function conditionsIn(conditions: readonly CheckedCondition[]): Bytes {
  const bytes = new Bytes().putVarint(conditions.length)
  for (const { selected, after } of conditions) {
    bytes.putVarint(Math.min(after, Number.MAX_SAFE_INTEGER) + 1)
    putSelected(bytes, selected)
  }
  return bytes
}

/** The extras of the record that begins a group, behind their size. */
export function encodeExtras({ key, conditions }: AppendGuard): Buffer {
  const extras = new Bytes()
  if (key !== undefined) extras.put(extraKey).putVarint(Buffer.byteLength(key)).putText(key)
  if (conditions.length > 0) {
    const bytes = conditionsIn(conditions)
    extras.put(extraConditions).putVarint(bytes.length).putBytes(bytes)
  }
  return new Bytes().putVarint(extras.length).putBytes(extras).take()
}
