// One handle of a log in a directory: the seam of src/log over the native addon. Native code is called once
// per turn for appends, once per commit for what became of them, and once per read.

import type { AppendItem, BookId, BookQuery, LogStore, ScanRequest, ScanResult } from '../log/backend.js'
import { closedError, errorFromCode, notWritten } from '../log/errors.js'
import { HandleCounts } from '../log/handle-counts.js'
import type { LogMetrics } from '../log/metrics-types.js'
import { LogObserver } from '../log/observer.js'
import type { Position, PositionState } from '../log/position.js'
import type { AppendGuard, Selected } from '../log/query.js'
import type { BookInfo, Codec, Durability, LogStat, LogStatus, Retention } from '../log/types.js'
import {
  indexHead,
  type NativeAddon,
  type NativeFailure,
  type NativeHandle,
  positionStates,
  readAtTime,
  readMayWait,
  type Settlement,
} from './addon.js'
import { saveAux } from './aux-keeper.js'
import { AuxSources } from './aux-sources.js'
import { booksIn } from './book-list.js'
import { Deadline } from './deadline.js'
import type { EmbeddedSettings } from './embedded-settings.js'
import { conflictIn, firstOf } from './group-verdict.js'
import { metricsOf } from './log-metrics.js'
import { fileSizes, statOf } from './log-stat.js'
import { appendErrorFromNative, errorFromNative } from './native-error.js'
import { lastOf, ReadChannel } from './read-channel.js'
import { ReadMemory, recordsIn } from './read-memory.js'
import { encodeExtras } from './selector-codec.js'
import { pendingBytes, Submission } from './submission.js'
import { type Ticket, TicketQueue } from './tickets.js'

const statusReadOnly = 5
const statusIo = 9

/** Stores that wait for something; a store that nobody waits for may be collected. */
const busy = new Set<EmbeddedStore>()

export class EmbeddedStore implements LogStore {
  readonly settings: EmbeddedSettings
  readonly counts = new HandleCounts()
  readonly #observer: LogObserver
  readonly #addon: NativeAddon
  readonly #handle: NativeHandle
  readonly #memory: ReadMemory
  readonly #submission = new Submission()
  readonly #tickets = new TicketQueue()
  /** Of the tickets, those that are in the submission and not handed over. */
  #unsubmitted = 0
  #submitScheduled = false
  readonly #aux: AuxSources
  readonly #reads: ReadChannel
  readonly #watchers = new Set<() => void>()
  #readyWaiters: { resolve: () => void; reject: (error: unknown) => void }[] = []
  #settledWaiters: (() => void)[] = []
  #incarnation: string | undefined
  #closing: Promise<void> | undefined
  #isClosed = false
  #failureTold = false
  readonly #submit = () => this.#handOver()
  readonly #parted: (store: EmbeddedStore) => void

  /** `parted` is called when the handle has been given up. */
  constructor(
    addon: NativeAddon,
    handle: NativeHandle,
    settings: EmbeddedSettings,
    parted: (store: EmbeddedStore) => void,
    observer = new LogObserver(settings.directory),
  ) {
    this.#observer = observer
    this.#parted = parted
    this.#addon = addon
    this.#handle = handle
    this.#memory = new ReadMemory(addon, handle)
    this.#reads = new ReadChannel(addon, handle, this.#memory)
    this.#aux = new AuxSources(addon, handle)
    this.settings = settings
  }

  get status(): LogStatus {
    if (this.#isClosed) return { state: 'closed' }
    if (this.#closing !== undefined) return { state: 'closing' }
    const failure = this.#addon.logFailure(this.#handle)
    if (failure !== null) return { state: 'read-only', cause: errorFromNative(failure) }
    return { state: this.settings.readOnly ? 'read-only' : 'open' }
  }

  openBook(name: string): BookId {
    this.checkOpen()
    const book = this.#addon.bookOpen(this.#handle, name)
    if (typeof book !== 'number') throw errorFromNative(book)
    return book
  }

  append(
    book: BookId,
    data: Uint8Array,
    tags: readonly string[],
    durability: Durability,
    guard?: AppendGuard,
  ): Promise<number> {
    const extras = guard === undefined ? undefined : encodeExtras(guard)
    const bytes = pendingBytes(data, tags) + (extras?.length ?? 0)
    const refusal = this.#refusal()
    if (refusal !== undefined) return this.#refuse(refusal)
    this.#submission.add(book, data, tags, durability, extras)
    return new Promise<number>((resolve, reject) => {
      this.#enqueue({ records: 1, bytes, resolve, reject })
    })
  }

  appendMany(
    book: BookId,
    items: readonly AppendItem[],
    durability: Durability,
    guard?: AppendGuard,
  ): Promise<number[]> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return this.#refuse(refusal)
    const extras = guard === undefined ? undefined : encodeExtras(guard)
    let bytes = extras?.length ?? 0
    for (const item of items) bytes += pendingBytes(item.data, item.tags)
    this.#submission.addGroup(book, items, durability, extras)
    const records = items.length
    return new Promise<number[]>((resolve, reject) => {
      const resolveAll = (first: number, count: number) =>
        resolve(Array.from({ length: count }, (_, i) => first + i))
      this.#enqueue({ records, bytes, resolve: resolveAll, reject })
    })
  }

  ready(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closedError())
    if (this.#tickets.bytes < this.settings.maxPendingBytes) return Promise.resolve()
    return new Promise((resolve, reject) => this.#readyWaiters.push({ resolve, reject }))
  }

  scan<T>(request: ScanRequest, codec: Codec<T> | undefined): Promise<ScanResult<T>> {
    try {
      if (this.#read(request, 0)) return Promise.resolve(this.#memory.take(codec, this.#aux.of(request.book)))
    } catch (error) {
      return Promise.reject(error)
    }
    const aux = this.#aux.of(request.book)
    return this.#ask(request, (bytes, index) => recordsIn(bytes, 0, index, codec, aux))
  }

  scanSync<T>(request: ScanRequest, codec: Codec<T> | undefined): ScanResult<T> {
    this.#read(request, readMayWait)
    return this.#memory.take(codec, this.#aux.of(request.book))
  }

  tail(book: BookId, selected: Selected): Promise<number> {
    const request = lastOf(book, selected)
    try {
      if (this.#read(request, 0)) return Promise.resolve(this.#memory.takeSeqnum())
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#ask(
      request,
      (bytes, index) => recordsIn(bytes, 0, index, undefined).records[0]?.seqnum ?? -1,
    )
  }

  tailSync(book: BookId, selected: Selected): number {
    this.#read(lastOf(book, selected), readMayWait)
    return this.#memory.takeSeqnum()
  }

  async seqnumAt(book: BookId, time: number): Promise<number> {
    this.checkOpen()
    const from = Math.max(time, 0)
    const found = this.#addon.recordsSeqnumAt(this.#handle, book, from)
    if (typeof found === 'number') return found
    if (found !== undefined) throw errorFromNative(found)
    const request = { book, selected: null, from, to: from, reverse: false, limit: 1 }
    return this.#ask(request, (_, index) => index[indexHead] as number, readAtTime)
  }

  trimmedBefore(book: BookId): number {
    this.checkOpen()
    return this.#addon.bookTrimmedBefore(this.#handle, book)
  }

  setAux(book: BookId, seqnum: number, bytes: Uint8Array): void {
    this.checkOpen()
    // Shared memory is not handed to native code.
    const own = bytes.buffer instanceof ArrayBuffer ? bytes : Buffer.from(bytes)
    const failure = this.#addon.auxSet(this.#handle, book, seqnum, own)
    if (failure !== null) throw errorFromNative(failure)
  }

  tagTrimmedBefore(book: BookId, tag: string | null, after: number): number {
    this.checkOpen()
    return this.#addon.bookTagTrimmedBefore(this.#handle, book, tag ?? '', after)
  }

  trim(book: BookId, before: number, tag: string | null): Promise<void> {
    const mark = Math.min(before, Number.MAX_SAFE_INTEGER)
    return this.#command(() => this.#addon.logTrim(this.#handle, book, mark, tag ?? ''))
  }

  retain(book: BookId, retention: Retention | null): Promise<void> {
    const { maxAge = 0, maxBytes = 0, maxRecords = 0 } = retention ?? {}
    return this.#command(() => this.#addon.bookRetain(this.#handle, book, maxAge, maxBytes, maxRecords))
  }

  dropBook(name: string): Promise<void> {
    return this.#command(() => this.#addon.bookDrop(this.#handle, name))
  }

  async listBooks({ prefix, afterName, limit }: BookQuery): Promise<BookInfo[]> {
    this.checkOpen()
    return booksIn(this.#addon.booksList(this.#handle, prefix, afterName, limit))
  }

  async stat(): Promise<LogStat> {
    this.checkOpen()
    return statOf(this.#addon.logStat(this.#handle), await fileSizes(this.settings.directory))
  }

  metrics(): LogMetrics {
    const { records, bytes } = this.#tickets
    const native = this.#addon.logMetrics(this.#handle)
    return metricsOf(native, (nextSeqnum) => this.counts.read({ records, bytes }, nextSeqnum))
  }

  position(): Position {
    this.checkOpen()
    this.#incarnation ??= this.#addon.logIncarnation(this.#handle)
    const [term, index] = this.#addon.logPosition(this.#handle)
    return { incarnation: this.#incarnation, term, index }
  }

  positionState({ term, index }: Position): PositionState {
    this.checkOpen()
    return positionStates[this.#addon.logReaches(this.#handle, term, index)] as PositionState
  }

  watch(changed: () => void): () => void {
    // A set of functions would take the same one only once.
    const watcher = () => changed()
    this.#watchers.add(watcher)
    this.#watchAndReference()
    return () => {
      if (this.#watchers.delete(watcher)) this.#watchAndReference()
    }
  }

  checkOpen(): void {
    if (this.#closing !== undefined) throw closedError()
  }

  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  /** Tells how the handle was opened, to those who look from outside. `duration` in milliseconds. */
  tellOpened(duration: number): void {
    const opening = this.#addon.logOpening(this.#handle)
    this.#observer.opened({ state: this.status.state, first: opening !== null, duration })
    this.#noteFailure()
    if (opening === null) return
    const [isNew, closedProperly, replayedBytes, rewrittenBatches, passedSeqnums] = opening
    if (!isNew && !closedProperly) {
      this.#observer.recovered({ replayedBytes, rewrittenBatches, passedSeqnums })
    }
  }

  /** Native code has something to tell. Must not throw: nobody would catch it. */
  onWake(): void {
    if (this.#isClosed) return
    const [changed, settlements, answers] = this.#addon.logEvents(this.#handle)
    let failed = false
    for (const settlement of settlements) failed = this.#settle(settlement) || failed
    for (const answer of answers) this.#reads.answer(answer)
    if (answers.length > 0) this.#releaseSettled()
    if (settlements.length > 0) this.#releaseWaiters()
    if (answers.length > 0 || settlements.length > 0) this.#reference()
    if (failed) this.#noteFailure()
    if (changed || failed) this.#tellWatchers()
  }

  /** Why nothing can be written by this handle, or undefined. */
  #writeRefusal(): Error | undefined {
    if (this.#closing !== undefined) return closedError('the log is closed', 'notWritten')
    if (!this.settings.readOnly) return undefined
    const message = 'the log was opened with readOnly: true'
    return errorFromCode('ERR_DAYBOOK_READ_ONLY', message, { outcome: 'notWritten' })
  }

  /** Why an append is not even taken, or undefined. */
  #refusal(): Error | undefined {
    const refusal = this.#writeRefusal()
    if (refusal !== undefined) return refusal
    const { maxPendingBytes } = this.settings
    if (this.#tickets.bytes < maxPendingBytes) return undefined
    const pending = `${this.#tickets.bytes} bytes are not acknowledged yet`
    const message = `${pending}; maxPendingBytes is ${maxPendingBytes}. Wait for ready()`
    return errorFromCode('ERR_DAYBOOK_OVERLOADED', message, { outcome: 'notWritten' })
  }

  #refuse(refusal: Error): Promise<never> {
    this.counts.reject(refusal)
    return Promise.reject(refusal)
  }

  #reject(ticket: Ticket, error: Error): void {
    if (ticket.records > 0) this.counts.reject(error)
    ticket.reject(error)
  }

  /** Tells once that the log has failed, if it has. */
  #noteFailure(): void {
    if (this.#failureTold) return
    const failure = this.#addon.logFailure(this.#handle)
    if (failure === null) return
    this.#failureTold = true
    this.#observer.failed({ error: errorFromNative(failure) })
  }

  #enqueue(ticket: Ticket): void {
    this.#tickets.push(ticket)
    this.#unsubmitted++
    if (this.#tickets.length === 1) this.#reference()
    if (this.#submission.isFull) {
      this.#handOver()
    } else if (!this.#submitScheduled) {
      this.#submitScheduled = true
      queueMicrotask(this.#submit)
    }
  }

  /** `submit` hands a command over, behind all that was appended before; false: there is nothing to do. */
  #command(submit: () => NativeFailure | null | boolean): Promise<void> {
    const refusal = this.#writeRefusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    return new Promise<void>((resolve, reject) => {
      this.#handOver()
      const refused = submit()
      if (refused === false) return resolve()
      if (refused !== null && refused !== true) return reject(notWritten(errorFromNative(refused)))
      this.#enqueue({ records: 0, bytes: 0, resolve: () => resolve(), reject })
      this.#unsubmitted = 0
    })
  }

  #handOver(): void {
    this.#submitScheduled = false
    if (this.#submission.size === 0) return
    const failure = this.#addon.logSubmit(this.#handle, this.#submission.slab, this.#submission.size)
    this.#submission.clear()
    const count = this.#unsubmitted
    this.#unsubmitted = 0
    if (failure === null) return
    for (let i = 0; i < count; i++) {
      const ticket = this.#tickets.pop()
      if (ticket !== undefined) this.#reject(ticket, appendErrorFromNative(failure))
    }
    this.#releaseWaiters()
  }

  /** True if the log may have failed with it, or before. */
  #settle([failure, isCommand, records, firstSeqnum, verdicts]: Settlement): boolean {
    const error =
      failure === null ? undefined : () => appendErrorFromNative(failure, this.#failureCause(failure))
    let settled = 0
    let nextVerdict = 0
    do {
      const ticket = this.#tickets.shift()
      if (ticket === undefined) break
      const verdict = verdicts?.[nextVerdict]
      if (error !== undefined) this.#reject(ticket, error())
      else if (verdict?.[0] === settled) {
        nextVerdict++
        const conflict = conflictIn(verdict)
        if (conflict === undefined) ticket.resolve(...firstOf(verdict))
        else this.#reject(ticket, conflict)
      } else {
        this.counts.records += ticket.records
        this.counts.bytes += ticket.bytes
        ticket.resolve(firstSeqnum + settled, ticket.records)
      }
      settled += ticket.records
    } while (!isCommand && settled < records)
    if (failure === null) {
      if (!isCommand) this.#observer.committed(records, firstSeqnum)
      return false
    }
    return failure[0] === statusIo || failure[0] === statusReadOnly
  }

  /** For an append that the log refused because it had failed before: with what. */
  #failureCause(failure: NativeFailure): Error | undefined {
    const first = failure[0] === statusIo ? null : this.#addon.logFailure(this.#handle)
    return first === null ? undefined : errorFromNative(first)
  }

  #releaseWaiters(): void {
    if (this.#readyWaiters.length > 0 && this.#tickets.bytes < this.settings.maxPendingBytes) {
      for (const { resolve } of this.#readyWaiters.splice(0)) resolve()
    }
    this.#releaseSettled()
  }

  #releaseSettled(): void {
    if (this.#tickets.length > 0 || this.#reads.size > 0) return
    for (const resolve of this.#settledWaiters.splice(0)) resolve()
  }

  /** False: the disk would be needed and the flags do not allow it. */
  #read(request: ScanRequest, mayWait: number): boolean {
    this.checkOpen()
    return this.#reads.read(request, mayWait)
  }

  #ask<R>(request: ScanRequest, read: (bytes: Buffer, index: Float64Array) => R, kind = 0): Promise<R> {
    const answer = this.#reads.ask(request, read, kind)
    this.#reference()
    return answer
  }

  /** Pending work and those who watch keep the process, and this store, alive. */
  #reference(): void {
    const isBusy = this.#tickets.length > 0 || this.#reads.size > 0 || this.#watchers.size > 0
    if (isBusy === busy.has(this) || this.#isClosed) return
    if (isBusy) busy.add(this)
    else busy.delete(this)
    this.#addon.logReference(this.#handle, isBusy)
  }

  #watchAndReference(): void {
    if (this.#isClosed) return
    this.#addon.logWatch(this.#handle, this.#watchers.size > 0)
    this.#reference()
  }

  #tellWatchers(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#handOver()
    for (const { reject } of this.#readyWaiters.splice(0)) reject(closedError())
    // After this call has returned: those who watch ask the log whether it is open.
    queueMicrotask(() => this.#tellWatchers())
    const deadline = new Deadline(timeoutMs)
    const inTime = await deadline.race(this.#settled())
    if (!inTime) this.#giveUp(timeoutMs)
    const { directory, auxBytes } = this.settings
    const carrier = {
      addon: this.#addon,
      handle: this.#handle,
      directory,
      auxBytes,
      observer: this.#observer,
    }
    await deadline.race(saveAux(carrier))
    this.#isClosed = true
    busy.delete(this)
    this.#parted(this)
    const hadFailed = this.#addon.logFailure(this.#handle) !== null
    let failure: NativeFailure | null = null
    const closing = this.#addon.logClose(this.#handle).then((result) => {
      failure = result
    })
    // A disk that hangs must not hold the caller up behind the deadline; the thread goes on waiting for it.
    await deadline.race(closing)
    deadline.clear()
    // The last flush has failed: what was appended with durability 'os' may not outlive the machine.
    const error = failure === null || hadFailed ? undefined : errorFromNative(failure)
    this.#observer.closed(error === undefined ? {} : { error })
    if (error !== undefined) throw error
  }

  #settled(): Promise<void> {
    if (this.#tickets.length === 0 && this.#reads.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#settledWaiters.push(resolve))
  }

  #giveUp(timeoutMs: number): void {
    const message = `not settled within ${timeoutMs} ms of close`
    for (let ticket = this.#tickets.shift(); ticket !== undefined; ticket = this.#tickets.shift()) {
      this.#reject(ticket, errorFromCode('ERR_DAYBOOK_TIMEOUT', message, { outcome: 'unknown' }))
    }
    this.#reads.giveUp()
  }
}
