// Carries aux data from one process to the next, in LMDB. Nothing of it is relied on: whatever is wrong, the
// next process begins without. What is kept is believed only behind a mark that native code has written when
// the log was closed properly, and only by the very next opening. The mark holds a checksum of the whole
// file, since LMDB maps it, has no checksums, and could take the process down. See docs/aux-data.md.

import { randomInt } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogObserver } from '../log/observer.js'
import type { NativeAddon, NativeHandle, NativeKept } from './addon.js'
import { AuxDatabase, findLmdb } from './aux-database.js'

/** Bytes of entries in one value of LMDB, and handled in one turn. */
const chunkBytes = 256 * 1024
/** A file has at most so many bytes for each byte of entries, and this much beside. */
const spaceFactor = 2
const spaceBytes = 16 * 1024 * 1024

/** What carrying needs of an open handle. */
export interface AuxCarrier {
  readonly addon: NativeAddon
  readonly handle: NativeHandle
  /** Of the log. */
  readonly directory: string
  /** Most that the entries can take. */
  readonly auxBytes: number
  readonly observer: LogObserver
}

const folderOf = (directory: string) => join(directory, 'aux')
const nameOf = (file: number) => `values-${file.toString(16).padStart(12, '0')}.mdb`

/**
 * From now on the aux data of this log is kept. Takes up what the last process kept, if it can be trusted;
 * says whether it has found any. Never fails.
 */
export async function takeUpAux(carrier: AuxCarrier, lmdb: string): Promise<boolean> {
  const { addon, handle, directory } = carrier
  const mark = await readFile(join(folderOf(directory), 'mark')).catch(() => Buffer.alloc(0))
  const kept = addon.auxKeep(handle, mark)
  if (kept === null) return false
  try {
    if (!(await isWhole(carrier, kept))) throw new Error('the file is not as it was written')
    await restore(carrier, kept, lmdb)
    return true
  } catch (error) {
    carrier.observer.noted('warn', 'aux data that was kept cannot be read, and begins anew', error)
    return false
  }
}

/**
 * To be called before a handle is closed: saves the aux data, if nobody else will. Never fails; what could
 * not be saved is not kept.
 */
export async function saveAux(carrier: AuxCarrier): Promise<void> {
  try {
    if (!carrier.addon.auxPart(carrier.handle)) return
    const kept = await write(carrier, findLmdb())
    carrier.addon.auxSaved(carrier.handle, ...kept)
  } catch (error) {
    // A full disk, say.
    carrier.observer.noted('warn', 'aux data could not be saved, and will begin anew', error)
  }
}

/** Is the file what its writer left, byte for byte? Reads all of it, so that LMDB finds it in memory. */
async function isWhole(
  { addon, directory }: AuxCarrier,
  [file, size, checksum]: NativeKept,
): Promise<boolean> {
  const found = await measure(addon, join(folderOf(directory), nameOf(file)))
  return found.size === size && found.checksum === checksum
}

async function measure(addon: NativeAddon, path: string): Promise<{ size: number; checksum: number }> {
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafeSlow(chunkBytes)
    let [size, checksum] = [0, 0]
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, size)
      if (bytesRead === 0) return { size, checksum }
      checksum = addon.checksumExtend(checksum, buffer.subarray(0, bytesRead))
      size += bytesRead
    }
  } finally {
    await file.close()
  }
}

async function restore({ addon, handle, directory }: AuxCarrier, [file]: NativeKept, lmdb: string) {
  const values = new AuxDatabase(lmdb, join(folderOf(directory), nameOf(file)), 0)
  try {
    for (let chunk = 0; ; chunk++) {
      const entries = await values.get(chunk)
      if (entries === undefined || !addon.auxRestore(handle, entries)) return
    }
  } finally {
    await values.close()
  }
}

async function write(carrier: AuxCarrier, lmdb: string): Promise<NativeKept> {
  const { addon, handle, directory, auxBytes } = carrier
  const folder = folderOf(directory)
  await mkdir(folder, { mode: 0o700, recursive: true })
  for (const name of await readdir(folder)) await rm(join(folder, name), { force: true })
  // A name of its own: an attempt of another thread that was ended may still have the last one open.
  const file = randomInt(2 ** 48 - 1)
  const path = join(folder, nameOf(file))
  const values = new AuxDatabase(lmdb, path, auxBytes * spaceFactor + spaceBytes)
  try {
    for (let chunk = 0; ; chunk++) {
      const entries = addon.auxNext(handle, chunkBytes)
      if (entries === null) break
      await values.put(chunk, entries)
    }
  } finally {
    await values.close()
  }
  await flush(path)
  await rm(`${path}-lock`, { force: true })
  const { size, checksum } = await measure(addon, path)
  return [file, size, checksum]
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
