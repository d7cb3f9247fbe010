// Where the records of each book look up their aux data.

import type { BookId } from '../log/backend.js'
import type { AuxSource } from '../log/record.js'
import type { NativeAddon, NativeHandle } from './addon.js'

/** Holds on to the handle, not to the store: a record that is kept does not keep the log open. */
export class AuxSources {
  readonly #sources = new Map<BookId, AuxSource>()
  readonly #addon: NativeAddon
  readonly #handle: NativeHandle

  constructor(addon: NativeAddon, handle: NativeHandle) {
    this.#addon = addon
    this.#handle = handle
  }

  of(book: BookId): AuxSource {
    let source = this.#sources.get(book)
    if (source === undefined) {
      const addon = this.#addon
      const handle = this.#handle
      source = { auxOf: (seqnum) => addon.auxGet(handle, book, seqnum) }
      this.#sources.set(book, source)
    }
    return source
  }
}
