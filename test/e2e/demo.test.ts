// The demo as a user runs it: the compiled command line, in a process of its own.

import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { type Ended, endOf, start as startCommand } from '../support/command-line.js'
import { tempDirectory } from '../support/temp-directory.js'

const hasGit = spawnSync('git', ['--version']).status === 0
const withGit = hasGit ? {} : { skip: 'git is not installed' }
const quick = ['--seconds', '0.05']

// Most of the time they wait, for the disk and for each other's processes.
t.jobs = 3

/** A home, and a place for temporary files, of its own. */
async function place(t: Test): Promise<{ path: string; temporary: string }> {
  const { path, remove } = await tempDirectory('daybook-demo-test-')
  t.teardown(remove)
  const temporary = join(path, 'temporary')
  await mkdir(temporary)
  return { path, temporary }
}

function start(temporary: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return startCommand(args, { env: { ...env, TMPDIR: temporary } })
}

function succeeded(t: Test, { code, stdout, stderr }: Ended): void {
  t.equal(code, 0, 'it succeeds', { stdout, stderr })
}

/** A repository with all that is awkward: renames, merges, empty commits, strange names, many files. */
async function makeRepository(path: string): Promise<void> {
  await mkdir(path)
  let day = 1
  const git = (...args: string[]): void => {
    const date = `2024-0${(day++ % 9) + 1}-01T12:00:00+02:00`
    const env = {
      PATH: process.env['PATH'],
      HOME: path,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ann \x1b[31mRed',
      GIT_AUTHOR_EMAIL: 'ann@example.org',
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: 'Bob',
      GIT_COMMITTER_EMAIL: 'bob@example.org',
      GIT_COMMITTER_DATE: date,
    }
    execFileSync('git', ['-C', path, ...args], { env, stdio: 'pipe' })
  }
  const commit = (message: string): void => {
    git('add', '--all')
    git('commit', '--quiet', '--allow-empty', '--allow-empty-message', '--message', message)
  }
  git('init', '--quiet', '--initial-branch=main')
  await writeFile(join(path, 'often.txt'), '0')
  await writeFile(join(path, 'new\nline'), '')
  commit('Begin')
  for (let change = 1; change < 8; change += 1) {
    await writeFile(join(path, 'often.txt'), String(change))
    commit(`Change ${change}`)
  }
  commit('')
  git('checkout', '--quiet', '-b', 'side')
  await rename(join(path, 'new\nline'), join(path, 'renamed'))
  await writeFile(join(path, 'x'.repeat(252)), 'a long name')
  commit('Rename on the side')
  git('checkout', '--quiet', 'main')
  await mkdir(join(path, 'many'))
  for (let file = 0; file < 300; file += 1) await writeFile(join(path, 'many', String(file)), '')
  commit('Many files')
  git('merge', '--quiet', '--no-edit', 'side')
}

t.test('a repository becomes a log, and a second run finds it there', withGit, async (t) => {
  const { path, temporary } = await place(t)
  const repository = join(path, 'repository')
  await makeRepository(repository)
  const directory = join(path, 'kept')
  const first = await endOf(start(temporary, ['demo', repository, '--dir', directory, ...quick]))
  succeeded(t, first)
  for (const line of [
    '12 commits with',
    '✓ 12 commits in the log book',
    '1 commit had more names than a record can have tags (256): 47 files are',
    '1 name cut to fit into a tag',
    'Timeline of one file: often.txt',
    'and 2 older; 8 commits under this tag',
    'Timeline of one author: ann@example.org',
    'Ann \\x1b[31mRed',
    '(no subject)',
    'The last record under a tag',
    'Commits per month',
    '✓ the waiting reader saw 10 of 10 appends',
    '✓ no record is torn, altered, misplaced or out of order',
    'the log goes on',
    'durable append, one in flight',
    '✓ all 7 checks held',
    `The imported log is kept: open('${join(directory, 'history')}')`,
  ]) {
    t.ok(first.stdout.includes(line), line)
  }
  t.match(first.stdout, /✓ ([\d,]*[1-9][\d,]*) of \1 acknowledged records in place/)
  t.notOk(first.stdout.includes('\x1b'), 'a pipe gets plain text')
  for (const line of first.stdout.split('\n')) t.ok([...line].length <= 80 || line.includes(path), line)

  const second = await endOf(start(temporary, ['demo', repository, '--dir', directory, ...quick]))
  succeeded(t, second)
  t.ok(second.stdout.includes('12 commits were in the log already'))
  t.ok(second.stdout.includes('✓ 12 commits in the log book'))
  t.strictSame(await readdir(directory), ['history'], 'nothing else is left there')
  t.strictSame(await readdir(temporary), [], 'nor anywhere')
})

t.test('where there is no history there are files', async (t) => {
  const { path, temporary } = await place(t)
  // Whatever this directory is in is none of its business.
  const env = { GIT_CEILING_DIRECTORIES: path }
  const directory = join(path, 'tarball')
  await mkdir(join(directory, 'docs'), { recursive: true })
  for (const name of ['a.md', 'docs/b.md', 'docs/c.md']) await writeFile(join(directory, name), name)
  const [plain, withoutGit] = await Promise.all([
    endOf(start(temporary, ['demo', directory, ...quick], env)),
    endOf(start(temporary, ['demo', directory, ...quick], { ...env, PATH: temporary })),
  ])
  for (const ended of [plain, withoutGit]) {
    succeeded(t, ended)
    for (const line of ['✓ 3 files in the log book', 'Files of one directory: docs', '✓ all 7 checks held']) {
      t.ok(ended.stdout.includes(line), line)
    }
  }
  if (hasGit) t.ok(plain.stdout.includes('is not in a git repository'))
  t.ok(withoutGit.stdout.includes('git is not installed; the files there are imported'))
  t.strictSame(await readdir(temporary), [], 'the temporary logs are gone')
})

t.test('a repository without commits says so', withGit, async (t) => {
  const { path, temporary } = await place(t)
  const repository = join(path, 'empty')
  execFileSync('git', ['init', '--quiet', repository])
  const ended = await endOf(start(temporary, ['demo', repository, ...quick]))
  succeeded(t, ended)
  const text = ended.stdout.replaceAll(/\s+/g, ' ')
  t.ok(text.includes('has no commits yet and holds no files; the files of daybook itself are imported'))
})

t.test('a lost record is a failure, and a loud one', async (t) => {
  const { path, temporary } = await place(t)
  await writeFile(join(path, 'a.md'), '')
  // Runs inside the demo, and removes the log of the killed writer before it is opened again.
  const thief = join(path, 'thief.mjs')
  await writeFile(
    thief,
    `import child from 'node:child_process'
    import { rmSync } from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const { fork } = child
    child.fork = (file, args, options) =>
      fork(file, args, options).on('exit', () => rmSync(args[0], { recursive: true }))
    syncBuiltinESMExports()`,
  )
  const env = { NODE_OPTIONS: `--import=${pathToFileURL(thief)}` }
  const { code, stdout, stderr } = await endOf(start(temporary, ['demo', path, ...quick], env))
  t.equal(code, 1, 'it fails', { stdout, stderr })
  t.match(stdout, /✗ FAILED: 0 of [1-9][\d,]* acknowledged records in place/)
  t.match(stdout, /✗ FAILED: \d of \d checks failed; all logs are left in /)
  t.equal((await readdir(temporary)).length, 1, 'the logs are left as evidence')
})

t.test('an interruption leaves nothing behind, neither files nor processes', async (t) => {
  const { path, temporary } = await place(t)
  await writeFile(join(path, 'a.md'), '')
  const child = start(temporary, ['demo', path, '--seconds', '10'])
  const ended = endOf(child)
  let seen = ''
  // The writer that is to be killed runs from here on.
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (text: string) => {
      seen += text
      if (seen.includes('A writer killed')) setTimeout(resolve, 500)
    })
    child.once('close', resolve)
  })
  child.kill('SIGINT')
  // The writer holds the same standard error: this waits until it is gone too.
  const { code, stderr } = await ended
  t.equal(code, 130, stderr)
  t.notMatch(stderr, /Error/)
  t.strictSame(await readdir(temporary), [])
})

t.test('bad arguments are told from failures', async (t) => {
  const { path, temporary } = await place(t)
  const file = join(path, 'file')
  await writeFile(file, '')
  const run = (...args: string[]): Promise<Ended> => endOf(start(temporary, args))
  const usages = [
    ['demo', join(path, 'nothing')],
    ['demo', file],
    ['demo', path, '--dir', file],
    ['demo', path, '--commits', '0'],
    ['demo', path, '--seconds', 'x'],
    ['demo', path, '--nonsense'],
    ['nonsense'],
  ]
  const refused = await Promise.all(usages.map((usage) => run(...usage)))
  for (const [at, { code, stdout, stderr }] of refused.entries()) {
    t.equal(code, 2, usages[at]!.join(' '))
    t.equal(stdout, '')
    t.match(stderr, /^(daybook|error): [^\n]+\n$/, 'one line')
  }
  await mkdir(join(path, 'other/history'), { recursive: true })
  await writeFile(join(path, 'other/history/notes.txt'), 'no log')
  const foreign = await run('demo', path, '--dir', join(path, 'other'))
  t.equal(foreign.code, 1, 'an error of the log')
  t.match(foreign.stderr, /^daybook: ERR_DAYBOOK_FORMAT: [^\n]+\n$/)
  t.strictSame(await readdir(temporary), [], 'nothing is left behind')
})

t.test('it says what it is and what it can do', async (t) => {
  const { temporary } = await place(t)
  const [version, help, demoHelp] = await Promise.all(
    [['--version'], ['--help'], ['demo', '--help']].map((args) => endOf(start(temporary, args))),
  )
  t.match(version, { code: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' })
  t.match(help, { code: 0, stdout: /demo/, stderr: '' })
  t.match(demoHelp, { code: 0, stdout: /--dir <directory>/, stderr: '' })
})
