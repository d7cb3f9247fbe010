// Opens a log in a directory.

import { resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { readOptions } from '../log/call-options.js'
import { invalidArgument } from '../log/errors.js'
import type { Logger } from '../log/event-types.js'
import { LogHandle } from '../log/log-handle.js'
import { LogObserver } from '../log/observer.js'
import { openOptions } from '../log/options.js'
import { checkLogger, Trace } from '../log/trace.js'
import type { Durability, EmbeddedLog } from '../log/types.js'
import { checkBoolean, checkNumber, checkValue } from '../log/validate.js'
import type { NativeHandle } from './addon.js'
import { findLmdb } from './aux-database.js'
import { takeUpAux } from './aux-keeper.js'
import { EmbeddedStore } from './embedded-store.js'
import { waitForLock } from './lock-wait.js'
import { loadNative } from './native.js'
import { errorFromNative } from './native-error.js'

/**
 * Options of `open`. Those of sizes concern the engine, which all handles of a directory share: a handle that
 * leaves one out takes what the log has, one that wants another value is refused. The others concern this
 * call and this handle.
 */
export interface OpenOptions {
  /** What an acknowledged append of this handle survives, unless it says otherwise. Default: `'disk'`. */
  readonly durability?: Durability | undefined
  /**
   * Milliseconds to wait for another process that has the directory open, before ERR_DAYBOOK_LOCKED. 0 to
   * Infinity; default 0.
   */
  readonly lockTimeout?: number | undefined
  /**
   * Open a directory that is on a network file system, where locks and flushes may not do what a log relies
   * on. Default: false.
   */
  readonly allowNetworkFileSystem?: boolean | undefined
  /**
   * Gets what happens to the log: an object with the methods debug, info, warn and error, each called with
   * fields and a message, as pino has them.
   */
  readonly logger?: Logger | undefined
  /**
   * Follow the log, which another process may be writing meanwhile: reads, live ones too, show what is
   * flushed, and all that writes is refused with ERR_DAYBOOK_READ_ONLY. Takes no lock, writes nothing, makes
   * no directory. Where this process has the log open for writing, the handle joins that one. Default: false.
   */
  readonly readOnly?: boolean | undefined
  /** Bytes not acknowledged yet, over which appends are refused. 64 KiB to 4 GiB; default 64 MiB. */
  readonly maxPendingBytes?: number | undefined
  /** Bytes of data in one record. 1 KiB to 1 GiB; default 16 MiB. */
  readonly maxRecordBytes?: number | undefined
  /** Bytes of data and tags in one `appendMany`. 1 KiB to 1 GiB; default 64 MiB. */
  readonly maxGroupBytes?: number | undefined
  /** Bytes for index and cached records, however long the log is. 1 MiB to 64 GiB; default 64 MiB. */
  readonly memoryBytes?: number | undefined
  /**
   * Bytes for aux data, with about 200 for each record that has some; what was not used for longest goes
   * first. 0 to 4 GiB; default 16 MiB.
   */
  readonly auxBytes?: number | undefined
  /**
   * Keep aux data for the next time that the log is opened with this option. It is saved by the last handle
   * that closes, if one of them asked for it; after a crash there is none. Needs the package lmdb.
   * Default: false.
   */
  readonly auxPersistent?: boolean | undefined
  /** Bytes of the log between checkpoints, which opening replays. 1 MiB to 64 GiB; default 32 MiB. */
  readonly checkpointBytes?: number | undefined
  /** Segments written side by side, and so flushes that can be in flight. 1 to 8; default 1. */
  readonly lanes?: number | undefined
  /** Bytes at which a segment file is full. 1 MiB to 1 GiB; default 64 MiB. */
  readonly segmentBytes?: number | undefined
}

type Given = { readonly [key in keyof typeof openOptions]?: unknown }
type EngineOption = Exclude<keyof typeof openOptions, keyof ReturnType<typeof checkOpening>>

/** Collected without having been closed: the log is closed for it. */
const forgotten = new FinalizationRegistry<NativeHandle>((handle) => {
  void loadNative().logClose(handle)
})

/**
 * Opens the log in `directory`, and creates both if they are missing, unless it is to be read only. A
 * directory that this process has open already is joined.
 *
 * @param directory a path, or a `file:` URL
 * @throws ERR_DAYBOOK_LOCKED if another process has it open, and still has after `lockTimeout`,
 * ERR_DAYBOOK_FORMAT if it holds something else, ERR_DAYBOOK_CORRUPT if it is damaged beyond opening,
 * ERR_DAYBOOK_DISK_FULL, ERR_DAYBOOK_IO, ERR_DAYBOOK_NO_BINARY, ERR_DAYBOOK_INVALID_ARG
 */
export async function open(directory: string | URL, options?: OpenOptions): Promise<EmbeddedLog> {
  const path = checkDirectory(directory)
  const given = readOptions('open', options, Object.keys(openOptions) as (keyof typeof openOptions)[])
  const { durability, lockTimeout, allowNetworkFileSystem, readOnly, auxPersistent, logger } =
    checkOpening(given)
  if (readOnly && auxPersistent) throw invalidArgument('auxPersistent writes, and readOnly does not')
  const observer = new LogObserver(path, new Trace(logger))
  const began = performance.now()
  const lmdb = auxPersistent ? findLmdb() : undefined
  const addon = loadNative()
  const names = addon.logOptions().map(([name]) => name as EngineOption)
  const values = names.map((name) =>
    given[name] === undefined ? undefined : checkNumber(name, given[name], openOptions[name]),
  )

  let woken: WeakRef<EmbeddedStore> | undefined
  const wake = () => woken?.deref()?.onWake()
  const opened = await waitForLock(lockTimeout, () =>
    addon.logOpen(path, values, allowNetworkFileSystem, readOnly, wake),
  )
  if (opened.length !== 2) throw errorFromNative(opened)
  const [handle, effective] = opened
  const limits = Object.fromEntries(names.map((name, i) => [name, effective[i]])) as Record<
    EngineOption,
    number
  >
  const settings = { directory: path, durability, readOnly, ...limits }
  const store = new EmbeddedStore(addon, handle, settings, (parted) => forgotten.unregister(parted), observer)
  woken = new WeakRef(store)
  forgotten.register(store, handle, store)
  if (lmdb !== undefined) {
    await takeUpAux({ addon, handle, directory: path, auxBytes: limits.auxBytes, observer }, lmdb)
  }
  store.tellOpened(performance.now() - began)
  return new LogHandle(store)
}

/** What concerns one handle alone. */
function checkOpening({
  durability = openOptions.durability.default,
  lockTimeout = openOptions.lockTimeout.default,
  allowNetworkFileSystem = openOptions.allowNetworkFileSystem.default,
  readOnly = openOptions.readOnly.default,
  auxPersistent = openOptions.auxPersistent.default,
  logger,
}: Given) {
  return {
    durability: checkValue('durability', durability, openOptions.durability.values),
    lockTimeout: checkNumber('lockTimeout', lockTimeout, openOptions.lockTimeout),
    allowNetworkFileSystem: checkBoolean('allowNetworkFileSystem', allowNetworkFileSystem),
    readOnly: checkBoolean('readOnly', readOnly),
    auxPersistent: checkBoolean('auxPersistent', auxPersistent),
    logger: logger === undefined ? undefined : checkLogger(logger),
  }
}

function checkDirectory(directory: unknown): string {
  if (directory instanceof URL) {
    try {
      return fileURLToPath(directory)
    } catch (cause) {
      throw invalidArgument('directory must be a path or a file: URL', cause)
    }
  }
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw invalidArgument('directory must be a path or a file: URL')
  }
  return resolve(directory)
}
