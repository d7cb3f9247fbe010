// A book: the checks, codecs and cancellation in front of a backend. It holds no data of its own.

import type { Writable } from 'node:stream'
import { AppendSink } from './append-sink.js'
import { appendWritable, appendWritableStream } from './append-stream.js'
import type { AppendItem, BookId, LogBackend, ScanRequest, ScanResult } from './backend.js'
import { byteLengthOf } from './byte-length.js'
import {
  AppendArguments,
  ReadArguments,
  readItem,
  readItems,
  readOptions,
  readRetention,
  takesRange,
  takesReader,
  takesSignal,
} from './call-options.js'
import { untilAborted } from './cancellation.js'
import { errorFromCode, invalidArgument, notWritten, outOfRange, tooLarge } from './errors.js'
import { fixedLimits, streamDefaults } from './options.js'
import { checkPosition, type Position, positionText } from './position.js'
import type { Selected } from './query.js'
import { isReached, reachPosition } from './reach-position.js'
import { LogReader } from './reader.js'
import { readWritableOptions, type WritableArguments } from './stream-options.js'
import type {
  AppendManyItem,
  AppendManyOptions,
  AppendOptions,
  Codec,
  Durability,
  EmbeddedBook,
  FindOptions,
  FindSyncOptions,
  GetOptions,
  LogRecord,
  Reader,
  ReadOptions,
  Retention,
  TailOptions,
  TailSyncOptions,
  TrimOptions,
  WritableOptions,
} from './types.js'
import { checkBound, checkData, checkSignal, checkTag, checkTime, tagBytes } from './validate.js'

const seqnumMax = fixedLimits.seqnumMax.value
const auxValueBytesMax = fixedLimits.auxValueBytesMax.value

/** The book called `name` of a backend. `name` and `codec` have been checked. */
export class LogBook<T> implements EmbeddedBook<T> {
  readonly name: string
  readonly #backend: LogBackend
  readonly #id: BookId
  readonly #codec: Codec<T> | undefined

  constructor(backend: LogBackend, name: string, codec: Codec<T> | undefined) {
    this.name = name
    this.#backend = backend
    this.#id = backend.openBook(name)
    this.#codec = codec
  }

  get position(): string {
    return positionText(this.#backend.position())
  }

  append(data: T, options?: AppendOptions): Promise<number> {
    try {
      const { durability, maxRecordBytes } = this.#backend.settings
      const args = new AppendArguments(durability).read('append', options)
      const bytes = this.#encode(data, 'data')
      checkSize(bytes, maxRecordBytes)
      const { signal } = args
      if (signal === undefined) return this.#append(bytes, args)
      // Looked at last: nothing of the caller's runs between this and the hand-over.
      if (signal.aborted) return Promise.reject(signal.reason)
      return untilAborted(this.#append(bytes, args), signal)
    } catch (error) {
      return this.#refuse(error)
    }
  }

  appendMany(items: readonly AppendManyItem<T>[], options?: AppendManyOptions): Promise<number[]> {
    try {
      const args = new AppendArguments(this.#backend.settings.durability).read('appendMany', options)
      const group = this.#encodeGroup(items)
      const { signal, durability, guard } = args
      if (signal?.aborted) return Promise.reject(signal.reason)
      if (group.length === 0) {
        this.#backend.checkOpen()
        return Promise.resolve([])
      }
      const written = this.#backend.appendMany(this.#id, group, durability, guard)
      return signal === undefined ? written : untilAborted(written, signal)
    } catch (error) {
      return this.#refuse(error)
    }
  }

  readNext(options?: FindOptions): Promise<LogRecord<T> | null> {
    return this.#find('readNext', options, false)
  }

  readPrev(options?: FindOptions): Promise<LogRecord<T> | null> {
    return this.#find('readPrev', options, true)
  }

  readNextSync(options?: FindSyncOptions): LogRecord<T> | null {
    return this.#findSync('readNextSync', options, false)
  }

  readPrevSync(options?: FindSyncOptions): LogRecord<T> | null {
    return this.#findSync('readPrevSync', options, true)
  }

  get(seqnum: number, options?: GetOptions): Promise<LogRecord<T> | null> {
    try {
      const place = checkBound('seqnum', seqnum)
      const given = readOptions('get', options, ['atLeast', 'signal'])
      const atLeast = given.atLeast === undefined ? undefined : checkPosition(given.atLeast)
      const signal = given.signal === undefined ? undefined : checkSignal(given.signal)
      return this.#reading(atLeast, signal, () => this.#get(place))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  getSync(seqnum: number): LogRecord<T> | null {
    const place = checkBound('seqnum', seqnum)
    if (!this.#mayHold(place)) return null
    return this.#recordAt(
      place,
      this.#backend.scanSync(this.#request(null, place, place, false), this.#codec),
    )
  }

  tail(options?: TailOptions): Promise<number> {
    try {
      const { selected, atLeast, signal } = new ReadArguments().read('tail', options, takesSignal)
      return this.#reading(atLeast, signal, () => this.#backend.tail(this.#id, selected))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  tailSync(options?: TailSyncOptions): number {
    return this.#backend.tailSync(this.#id, new ReadArguments().read('tailSync', options, 0).selected)
  }

  read(options?: ReadOptions): Reader<T> {
    const args = new ReadArguments().read('read', options, takesRange | takesSignal | takesReader)
    if (args.live && args.reverse) throw invalidArgument('live and reverse exclude each other')
    if (args.onCaughtUp !== undefined && !args.live) throw invalidArgument('onCaughtUp needs live: true')
    this.#backend.checkOpen()
    // Refused here and now if it never can be reached.
    if (args.atLeast !== undefined) isReached(this.#backend, args.atLeast)
    return new LogReader(this.#backend, this.#id, this.#codec, args)
  }

  writable(options?: WritableOptions<T>): Writable {
    const args = readWritableOptions('writable', options, this.#backend.settings.durability)
    return appendWritable(this.#sink(args), args)
  }

  writableStream(options: WritableOptions<T> & { items: true }): WritableStream<AppendManyItem<T>>
  writableStream(options?: WritableOptions<T>): WritableStream<T>
  writableStream(options?: WritableOptions<T>): WritableStream<unknown> {
    const args = readWritableOptions('writableStream', options, this.#backend.settings.durability)
    return appendWritableStream(this.#sink(args), args)
  }

  seqnumAt(time: Date): Promise<number> {
    try {
      return this.#backend.seqnumAt(this.#id, checkTime(time))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  trim(options: TrimOptions): Promise<void> {
    try {
      const { before, tag } = readOptions('trim', options, ['before', 'tag'])
      const mark = Math.max(checkBound('before', before), 0)
      return this.#backend.trim(this.#id, mark, tag === undefined ? null : checkTag(tag))
    } catch (error) {
      return Promise.reject(notWritten(error))
    }
  }

  setAux(seqnum: number, bytes: Uint8Array): void {
    const place = checkBound('seqnum', seqnum)
    const checked = checkData(bytes, 'bytes')
    const size = byteLengthOf(checked)
    if (size > auxValueBytesMax) {
      throw tooLarge(`aux data of ${size} bytes is over auxValueBytesMax (${auxValueBytesMax})`)
    }
    if (place < 0 || place > seqnumMax) throw outOfRange('seqnum must be that of a record of the book')
    this.#backend.setAux(this.#id, place, checked)
  }

  retain(retention: Retention | null): Promise<void> {
    try {
      return this.#backend.retain(this.#id, readRetention(retention))
    } catch (error) {
      return Promise.reject(notWritten(error))
    }
  }

  #append(bytes: Uint8Array, { tags, durability, guard }: AppendArguments): Promise<number> {
    return this.#backend.append(this.#id, bytes, tags, durability, guard)
  }

  #encode(value: T, what: string): Uint8Array {
    if (this.#codec === undefined) return checkData(value, what)
    let bytes: unknown
    try {
      bytes = this.#codec.encode(value)
    } catch (error) {
      throw invalidArgument(`the codec could not encode ${what}`, error)
    }
    return checkData(bytes, `what the codec makes of ${what}`)
  }

  #encodeGroup(items: readonly AppendManyItem<T>[]): AppendItem[] {
    const taken = readItems(items)
    const { maxRecordBytes, maxGroupBytes } = this.#backend.settings
    const group: AppendItem[] = []
    let bytes = 0
    for (let i = 0; i < taken.length; i++) {
      const item = readItem(taken[i], `items[${i}]`)
      const data = this.#encode(item.data as T, `items[${i}].data`)
      bytes += checkSize(data, maxRecordBytes) + tagBytes(item.tags)
      if (bytes > maxGroupBytes) throw tooLarge(`the group is over maxGroupBytes (${maxGroupBytes})`)
      group.push({ data, tags: item.tags })
    }
    return group
  }

  #sink(args: WritableArguments): AppendSink {
    this.#backend.checkOpen()
    const { maxRecordBytes, maxGroupBytes } = this.#backend.settings
    const target = {
      groupBytesMax: Math.min(streamDefaults.groupBytesMax, maxGroupBytes),
      itemOf: (written: unknown): AppendItem => {
        const { data, tags } = args.items
          ? readItem(written, 'what is written')
          : { data: written, tags: args.tagsOf(written) }
        const encoded = this.#encode(data as T, 'data')
        checkSize(encoded, maxRecordBytes)
        return { data: encoded, tags }
      },
      append: (group: readonly AppendItem[]) => this.#appendGroup(group, args.durability),
      ready: () => this.#backend.ready(),
    }
    return new AppendSink(target, args.onAcknowledged)
  }

  #appendGroup(group: readonly AppendItem[], durability: Durability): Promise<number[]> {
    try {
      const [only] = group
      if (only === undefined || group.length > 1) {
        return this.#backend.appendMany(this.#id, group, durability)
      }
      // A record alone may be larger than a group.
      return this.#backend.append(this.#id, only.data, only.tags, durability).then((seqnum) => [seqnum])
    } catch (error) {
      return this.#refuse(error)
    }
  }

  /** An append that did not get as far as the backend. */
  #refuse(cause: unknown): Promise<never> {
    const error = notWritten(cause)
    this.#backend.counts.reject(error)
    return Promise.reject(error)
  }

  #request(selected: Selected, from: number, to: number, reverse: boolean): ScanRequest {
    return { book: this.#id, selected, from, to, reverse, limit: 1 }
  }

  #find(call: string, options: unknown, reverse: boolean): Promise<LogRecord<T> | null> {
    try {
      const args = new ReadArguments().read(call, options, takesRange | takesSignal)
      return this.#reading(args.atLeast, args.signal, () => {
        if (args.isEmpty) {
          this.#backend.checkOpen()
          return Promise.resolve(null)
        }
        const request = this.#request(args.selected, args.lower, args.upper, reverse)
        return this.#backend.scan(request, this.#codec).then(onlyRecord)
      })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #findSync(call: string, options: unknown, reverse: boolean): LogRecord<T> | null {
    const args = new ReadArguments().read(call, options, takesRange)
    if (args.isEmpty) {
      this.#backend.checkOpen()
      return null
    }
    return onlyRecord(
      this.#backend.scanSync(this.#request(args.selected, args.lower, args.upper, reverse), this.#codec),
    )
  }

  /** Reads when the view is new enough, unless the signal aborts first. */
  #reading<R>(
    atLeast: Position | undefined,
    signal: AbortSignal | undefined,
    read: () => Promise<R>,
  ): Promise<R> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    const reached = reachPosition(this.#backend, atLeast, signal)
    const found = reached === undefined ? read() : reached.then(read)
    return signal === undefined ? found : untilAborted(found, signal)
  }

  #get(place: number): Promise<LogRecord<T> | null> {
    if (!this.#mayHold(place)) return Promise.resolve(null)
    return this.#backend
      .scan(this.#request(null, place, place, false), this.#codec)
      .then((result) => this.#recordAt(place, result))
  }

  /** False: no record can ever be at this bound. Throws if the log is closed or the place trimmed. */
  #mayHold(place: number): boolean {
    this.#backend.checkOpen()
    if (place < 0 || place > seqnumMax) return false
    this.#refuseTrimmed(place)
    return true
  }

  #recordAt(place: number, result: ScanResult<T>): LogRecord<T> | null {
    const record = onlyRecord(result)
    // It may have been trimmed since the call was made.
    if (record !== null) return record
    this.#refuseTrimmed(place)
    const mark = this.#backend.tagTrimmedBefore(this.#id, null, 0)
    if (place < mark) {
      const message = `seqnum ${place} is trimmed, or was never there: tags are trimmed below ${mark}`
      throw errorFromCode('ERR_DAYBOOK_TRIMMED', message)
    }
    return null
  }

  #refuseTrimmed(place: number): void {
    const mark = this.#backend.trimmedBefore(this.#id)
    if (place < mark) {
      throw errorFromCode('ERR_DAYBOOK_TRIMMED', `seqnum ${place} is trimmed: the book begins at ${mark}`)
    }
  }
}

function onlyRecord<T>(result: ScanResult<T>): LogRecord<T> | null {
  return result.records[0] ?? null
}

/** The size of what one record is to hold, if it may be so large. */
function checkSize(data: Uint8Array, maxRecordBytes: number): number {
  const bytes = byteLengthOf(data)
  if (bytes <= maxRecordBytes) return bytes
  throw tooLarge(`data of ${bytes} bytes is over maxRecordBytes (${maxRecordBytes})`)
}
