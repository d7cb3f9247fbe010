// Codecs that come with the package.

import type { Codec } from './types.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function encode(value: unknown): Uint8Array {
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`JSON has no form for a value of type ${typeof value}`)
  return Buffer.from(text)
}

function decode(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data))
  } catch {
    // The original message quotes the data.
    throw new SyntaxError('the data is not JSON in UTF-8')
  }
}

/**
 * JSON in UTF-8. It is a codec as it stands, for `log.book<Order>(name, { codec: json })`; called it gives
 * the same codec with its type: `log.book(name, { codec: json<Order>() })`. Types are not checked.
 */
// biome-ignore lint/suspicious/noExplicitAny: a codec of any fits a book of every type
export const json: Codec<any> & (<T>() => Codec<T>) = Object.assign(<T>() => json as Codec<T>, {
  encode,
  decode,
})
