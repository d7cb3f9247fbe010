// The files of a directory as an input: one item per file, in the order in which they were last changed.

import type { Dirent } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { count, size } from '../text.js'
import { type Input, type Item, monthOf, monthPrefix, type Row } from './input.js'
import { digest, TagList } from './tags.js'

/** What is stored of a file. */
interface FileValue {
  /** Below the directory, with `/` between its parts. */
  readonly path: string
  readonly bytes: number
  /** When it was last changed: ISO 8601. */
  readonly date: string
}

/** Files taken from one directory, so that a home directory does not keep the demo for ever. */
const filesMax = 10_000

/** Directories that hold what was installed or what is hidden, not what somebody wrote. */
function isSkipped(name: string): boolean {
  return name === 'node_modules' || name.startsWith('.')
}

/** The files in and below `root`. What cannot be read is passed over; symbolic links are not followed. */
export async function filesInput(root: string, signal: AbortSignal): Promise<Input> {
  const files: FileValue[] = []
  let isCut = false
  for await (const path of walk(root, signal)) {
    if (files.length === filesMax) {
      isCut = true
      break
    }
    const stats = await lstat(join(root, path)).catch(() => undefined)
    if (stats !== undefined) files.push({ path, bytes: stats.size, date: isoDate(stats.mtime) })
  }
  files.sort((a, b) => compare(a.date, b.date) || compare(a.path, b.path))
  return new FilesInput(root, files, isCut)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A file system may hold a time that a date cannot. */
function isoDate(time: Date): string {
  return Number.isNaN(time.getTime()) ? '' : time.toISOString()
}

/** Paths of the regular files below `root`, directory by directory. */
async function* walk(root: string, signal: AbortSignal): AsyncGenerator<string, void> {
  const waiting = ['']
  for (let directory = waiting.shift(); directory !== undefined; directory = waiting.shift()) {
    for await (const entry of entriesOf(join(root, directory))) {
      signal.throwIfAborted()
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`
      if (entry.isFile()) yield path
      else if (entry.isDirectory() && !isSkipped(entry.name)) waiting.push(path)
    }
  }
}

async function* entriesOf(directory: string): AsyncGenerator<Dirent, void> {
  const opened = await opendir(directory).catch(() => undefined)
  if (opened !== undefined) yield* opened
}

class FilesInput implements Input {
  readonly description: string
  readonly notes: readonly string[]
  readonly noun = ['file', 'files'] as const
  readonly book: string
  readonly total: number
  readonly views = [
    { heading: 'Files of one directory', prefix: 'directory:' },
    { heading: 'Files of one kind', prefix: 'extension:' },
  ]
  readonly #files: readonly FileValue[]

  constructor(root: string, files: readonly FileValue[], isCut: boolean) {
    this.#files = files
    this.total = files.length
    this.description = `files of ${root}`
    this.book = `${[...basename(root)].slice(0, 40).join('')}:files:${digest(root)}`
    this.notes = isCut
      ? [`there are more than ${count(filesMax)} files; these are the first that were found`]
      : []
  }

  async *items(signal: AbortSignal): AsyncGenerator<Item, void> {
    for (const file of this.#files) {
      signal.throwIfAborted()
      yield fileItem(file)
    }
  }

  row(value: unknown): Row {
    const { date, bytes, path } = value as FileValue
    return { date: date.slice(0, 10), by: size(bytes), text: path }
  }
}

/** The record of a file as it is now; when it has changed it is another item. */
export function fileItem(file: FileValue): Item {
  const slash = file.path.lastIndexOf('/')
  const { tags, shortened, leftOut } = new TagList()
    .add('version:', digest(`${file.path}\0${file.bytes}\0${file.date}`))
    .add('file:', file.path)
    .add('directory:', slash === -1 ? '.' : file.path.slice(0, slash))
    .add('extension:', extname(file.path) || 'none')
    .add(monthPrefix, monthOf(file.date))
  return { id: tags[0]!, tags, value: file, shortened, leftOut }
}
