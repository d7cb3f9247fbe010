// The history of a git repository as an input: one item per commit.

import { basename } from 'node:path'
import { count } from '../text.js'
import { GitError, gitStream, gitText } from './git-command.js'
import { type Commit, HistoryParser, historyArguments } from './git-history.js'
import { type Input, InputError, type Item, monthOf, monthPrefix, type Row } from './input.js'
import { digest, TagList } from './tags.js'

/** What is stored of a commit. */
interface CommitValue {
  readonly hash: string
  readonly author: string
  readonly date: string
  readonly subject: string
  readonly files: readonly string[]
  /** Files touched beyond those in `files`. */
  readonly moreFiles?: number
}

/** Characters of a subject that are kept. */
const subjectMax = 1000

/** The history at `path`, of which the newest `commitsMax` are taken; or why there is none. */
export async function findHistory(
  path: string,
  commitsMax: number,
  signal: AbortSignal,
): Promise<Input | string> {
  const git = (...args: string[]): Promise<string> => gitText(path, args, signal)
  try {
    const isShallow = (await git('rev-parse', '--is-shallow-repository')) === 'true'
    const hasCommits = await git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}').then(() => true, isNo)
    if (!hasCommits) return `the git repository ${path} has no commits yet`
    const root = await git('rev-parse', '--show-toplevel').catch(() => git('rev-parse', '--absolute-git-dir'))
    const commits = Number(await git('rev-list', '--count', 'HEAD'))
    return new GitInput(root, commits, commitsMax, isShallow)
  } catch (error) {
    if (!(error instanceof GitError)) throw error
    if (error.isMissing) return 'git is not installed'
    if (error.message.startsWith('not a git repository')) return `${path} is not in a git repository`
    return `git cannot read ${path} (${error.message})`
  }
}

function isNo(error: unknown): false {
  if (error instanceof GitError) return false
  throw error
}

class GitInput implements Input {
  readonly description: string
  readonly notes: readonly string[]
  readonly noun = ['commit', 'commits'] as const
  readonly book: string
  readonly total: number
  readonly views = [
    { heading: 'Timeline of one file', prefix: 'file:' },
    { heading: 'Timeline of one author', prefix: 'author:' },
  ]
  readonly #root: string

  constructor(root: string, commits: number, commitsMax: number, isShallow: boolean) {
    this.#root = root
    this.total = Math.min(commits, commitsMax)
    this.description = `git repository ${root}`
    // Repositories of one name may go to one log.
    this.book = `${[...basename(root)].slice(0, 40).join('')}:${digest(root)}`
    const notes: string[] = []
    if (isShallow) notes.push('this is a shallow clone: older commits are not here')
    if (commits > commitsMax) {
      notes.push(`the newest ${count(commitsMax)} of ${count(commits)} commits (--commits changes that)`)
    }
    this.notes = notes
  }

  async *items(signal: AbortSignal): AsyncGenerator<Item, void> {
    const parser = new HistoryParser()
    const order = ['--reverse', '--date-order', `--max-count=${this.total}`]
    try {
      for await (const chunk of gitStream(
        this.#root,
        ['log', ...order, ...historyArguments, 'HEAD'],
        signal,
      )) {
        yield* parser.push(chunk).map(commitItem)
      }
    } catch (error) {
      throw error instanceof GitError ? new InputError(`git log failed: ${error.message}`) : error
    }
    yield* parser.end().map(commitItem)
  }

  row(value: unknown): Row {
    const { author, date, subject } = value as CommitValue
    return { date: date.slice(0, 10), by: author, text: subject === '' ? '(no subject)' : subject }
  }
}

/** The record of a commit: tags for itself, its author, its month, and each file as far as there is room. */
export function commitItem(commit: Commit): Item {
  const { hash, email, date, files, fileCount } = commit
  const author = commit.author || email || 'unknown'
  const list = new TagList()
    .add('commit:', hash)
    .add('author:', email || author)
    .add(monthPrefix, monthOf(date))
  for (const file of files) list.add('file:', file)
  const moreFiles = fileCount - files.length
  const value: CommitValue = {
    hash,
    author,
    date,
    subject: commit.subject.slice(0, subjectMax).toWellFormed(),
    files,
    ...(moreFiles > 0 && { moreFiles }),
  }
  const { tags, shortened, leftOut } = list
  return { id: tags[0]!, tags, value, shortened, leftOut: leftOut + moreFiles }
}
