// What every command does alike: arguments, help, errors and exit codes. Run in this process.

import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { open } from '../../../src/embedded/index.js'
import { daybook } from '../../support/program.js'
import { tempDirectory } from '../../support/temp-directory.js'

async function place(t: Test): Promise<{ path: string; log: string }> {
  const { path, remove } = await tempDirectory()
  t.teardown(remove)
  return { path, log: join(path, 'log') }
}

t.test('bad arguments: exit code 2, one line, and no log is made', async (t) => {
  const { path, log } = await place(t)
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
  ]
  for (const usage of usages) {
    const { code, stdout, stderr } = await daybook(...usage)
    t.equal(code, 2, usage.join(' '))
    t.equal(stdout, '')
    t.match(stderr, /^daybook: [^\n]+\n$/, 'one line')
  }
  t.notOk(existsSync(log))
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

t.test('what the log refuses is said in one line', async (t) => {
  const { log } = await place(t)
  await (await open(log)).close()
  for (const args of [
    ['append', log, 'x', '--tag', ''],
    ['append', log, 'x', '--book', 'x'.repeat(256)],
    ['import', log, '--book', ''],
    ['read', log, '--book', ''],
    ['books', log, '--prefix', 'x'.repeat(256)],
  ]) {
    const { code, stdout, stderr } = await daybook(...args)
    t.equal(code, 1, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, /^daybook: ERR_DAYBOOK_INVALID_ARG: [^\n]+\n$/)
  }
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
