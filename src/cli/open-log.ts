// Opens the log that a command is about.

import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type EmbeddedLog, isDaybookError, type OpenOptions, open } from '../index.js'
import { Failure, UsageError } from './failure.js'

/** Opens a log, does something, and closes the log whatever came of it. The log is made if it is missing. */
export async function withLog<R>(
  directory: string,
  options: OpenOptions,
  work: (log: EmbeddedLog) => Promise<R>,
): Promise<R> {
  return withOpenLog(await open(directory, options), work)
}

async function withOpenLog<R>(log: EmbeddedLog, work: (log: EmbeddedLog) => Promise<R>): Promise<R> {
  let closed = false
  try {
    const result = await work(log)
    closed = true
    await log.close()
    return result
  } finally {
    // What made the work fail says more than what then makes the closing fail.
    if (!closed) await log.close().catch(() => {})
  }
}

/** The same for commands that only make sense on a log that is there. */
export async function withExistingLog<R>(
  directory: string,
  work: (log: EmbeddedLog) => Promise<R>,
): Promise<R> {
  await checkLog(directory)
  return withLog(directory, {}, work)
}

/** The same for commands that only read: a log that another process is writing is followed. */
export async function withReadableLog<R>(
  directory: string,
  work: (log: EmbeddedLog) => Promise<R>,
): Promise<R> {
  await checkLog(directory)
  const log = await open(directory).catch((error: unknown) => {
    if (!isDaybookError(error) || error.code !== 'ERR_DAYBOOK_LOCKED') throw error
    return open(directory, { readOnly: true })
  })
  return withOpenLog(log, work)
}

/** @throws Failure if there is no log in the directory */
export async function checkLog(directory: string): Promise<void> {
  const path = resolve(directory)
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Failure(`there is no directory ${path}`)
    if (error.code === 'ENOTDIR') throw new Failure(`${path} is not a directory`)
    throw error
  })
  if (!names.some((name) => name.startsWith('manifest-'))) throw new Failure(`there is no log in ${path}`)
}

/** @throws Failure if there is no such book. Where damage may hide its name, reads and trims say so. */
export async function checkBook(log: EmbeddedLog, name: string): Promise<void> {
  if (log.status.cause !== undefined) return
  const [first] = await log.books({ prefix: name, limit: 1 })
  if (first?.name !== name) throw new Failure(`there is no book '${name}' in the log`)
}

/** The book that is asked for; where none is, the only one there is. */
export async function chooseBook(log: EmbeddedLog, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) return wanted
  const books = await log.books({ limit: 4 })
  const [only, ...others] = books
  if (only === undefined) throw new Failure('the log has no books')
  if (others.length === 0) return only.name
  const names = books.slice(0, 3).map(({ name }) => name)
  const more = books.length > 3 ? ' and more' : ''
  throw new UsageError(`the log has several books (${names.join(', ')}${more}): say which, with --book`)
}
