// How long bytes are that a caller gave, whatever his class says of it.

const lengthOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'byteLength')
  ?.get as (this: Uint8Array) => number

/**
 * The length that copying goes by. `byteLength` and `length` of a subclass, or of a view that was given such
 * properties, may say another.
 */
export function byteLengthOf(data: Uint8Array): number {
  return lengthOf.call(data)
}
