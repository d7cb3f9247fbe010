// The codec of MessagePack: the one file that knows msgpackr, which is an optional peer. Who does not import
// `daybook/msgpackr` does not need it.

import { Packr } from 'msgpackr'
import type { Codec } from '../log/types.js'

/**
 * No records or structures: each value stands alone, and any implementation reads what MessagePack has a form
 * for. With more types, since without them msgpackr writes what happens to lie in memory for a Float64Array.
 * Bytes that a value holds are copied: those of a record are the log's.
 */
const packr = new Packr({ useRecords: false, moreTypes: true, variableMapSize: true, copyBuffers: true })

function encode(value: unknown): Uint8Array {
  if (typeof value === 'function') throw new TypeError('MessagePack has no form for a function')
  return packr.pack(value)
}

function decode(data: Uint8Array): unknown {
  try {
    return packr.unpack(data)
  } catch {
    // The original message quotes the data.
    throw new SyntaxError('the data is not MessagePack')
  }
}

/**
 * MessagePack, by msgpackr. It is a codec as it stands, for `log.book<Order>(name, { codec: msgpackr })`;
 * called it gives the same codec with its type: `log.book(name, { codec: msgpackr<Order>() })`. Types are
 * not checked.
 *
 * Beside what JSON has, a value may hold a `Buffer`, a `Date`, `undefined` and a `bigint`; and, in
 * extensions that only msgpackr reads, typed arrays, a `Set`, a `RegExp` and an `Error`. A `Map` or an
 * instance of a class comes back as a plain object. Strings are UTF-8: lone surrogates do not come back.
 */
// biome-ignore lint/suspicious/noExplicitAny: a codec of any fits a book of every type
export const msgpackr: Codec<any> & (<T>() => Codec<T>) = Object.assign(<T>() => msgpackr as Codec<T>, {
  encode,
  decode,
})
