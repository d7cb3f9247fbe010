// What every command does alike: arguments, help, errors and exit codes. Run in this process.

import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { daybook } from '../../support/program.js'
import { tempDirectory } from '../../support/temp-directory.js'

async function place(t: Test): Promise<{ path: string; log: string }> {
  const { path, remove } = await tempDirectory()
  t.teardown(remove)
  return { path, log: join(path, 'log') }
}

t.test('bad arguments: exit code 2, one line, and no log is made', async (t) => {
  const { path, log } = await place(t)
  const long = 'x'.repeat(300)
  const usages = [
    ['nonsense'],
    ['import'],
    ['import', log, join(path, 'nothing')],
    ['import', log, path],
    ['import', log, '--lines', '--tag', 'x'],
    ['import', log, '--tag', ''],
    ['import', log, '--tag', 'x='],
    ['import', log, '--batch', '0'],
    ['import', log, '--skip', '-1'],
    ['import', log, '--durability', 'memory'],
    ['append'],
    ['append', log, 'x', 'y'],
    ['append', log, 'x', '--durability', 'none'],
    ['read'],
    ['read', log, '--from', '-2'],
    ['read', log, '--from', 'x'],
    ['read', log, '--limit', '1.5'],
    ['read', log, '--follow', '--reverse'],
    ['read', log, '--format', 'xml'],
    ['read', log, '--tga', 'x'],
    ['books', log, 'more'],
    ['trim', log, '--all'],
    ['trim', log, '--book', 'b'],
    ['trim', log, '--book', 'b', '--all', '--drop'],
    ['trim', log, '--book', 'b', '--before', 'x'],
    ['trim', log, '--book', 'b', '--older-than', '5'],
    ['trim', log, '--book', 'b', '--older-than', '1y'],
    ['trim', log, '--book', 'b', '--older-than', '99999999w'],
    ['trim', log, '--book', '', '--all'],
    ['append', log, 'x', '--tag', ''],
    ['append', log, 'x', '--book', ''],
    ['append', log, 'x', '--book', long],
    ['import', log, '--book', ''],
    ['import', log, '--tag', `${long}=field`],
    ['read', log, '--book', ''],
    ['read', log, '--tag', long],
    ['read', log, '--match', 'a'],
    ['read', log, '--match', '{"all":[]}'],
    ['read', log, '--tag', 'a', '--match', '{"all":["a"]}'],
    ['books', log, '--prefix', long],
  ]
  for (const usage of usages) {
    const { code, stdout, stderr } = await daybook(...usage)
    t.equal(code, 2, usage.join(' '))
    t.equal(stdout, '')
    t.match(stderr, /^daybook: [^\n]+\n$/, 'one line')
  }
  t.notOk(existsSync(log), 'nothing was made')
})

t.test('what only looks makes no log', async (t) => {
  const { path, log } = await place(t)
  const file = join(path, 'file')
  await writeFile(file, '')
  await mkdir(join(path, 'empty'))
  for (const args of [['read'], ['books'], ['trim', '-b', 'x', '--all']]) {
    const [command = '', ...rest] = args
    for (const [directory, reason] of [
      [log, /^daybook: there is no directory [^\n]+\n$/],
      [file, /^daybook: [^\n]+ is not a directory\n$/],
      [join(path, 'empty'), /^daybook: there is no log in [^\n]+\n$/],
    ] as const) {
      const { code, stdout, stderr } = await daybook(command, directory, ...rest)
      t.equal(code, 1)
      t.equal(stdout, '')
      t.match(stderr, reason)
    }
  }
  t.notOk(existsSync(log))
  t.notOk(existsSync(join(path, 'empty/lock')))
})

t.test('every command has a help with examples, and no command is hidden', async (t) => {
  const { code, stdout } = await daybook('--help')
  t.equal(code, 0)
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) \[/gm)].map(([, name]) => name as string)
  t.ok(commands.length > 5)
  for (const name of commands.filter((command) => command !== 'help')) {
    const help = await daybook(name, '--help')
    t.equal(help.code, 0)
    t.match(help.stdout, new RegExp(`^Usage: daybook ${name} `))
    if (name !== 'demo') t.match(help.stdout, /\nExamples:\n {2}daybook \S/)
  }
})

t.test('without arguments there is the help, and that is not success', async (t) => {
  const { code, stdout, stderr } = await daybook()
  t.equal(code, 2)
  t.equal(stdout, '')
  t.match(stderr, /^Usage: daybook/)
  t.match(await daybook('--version'), { code: 0, stdout: '1.2.3\n', stderr: '' })
})
