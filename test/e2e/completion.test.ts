// What `daybook completion` prints makes the shells complete. Shells that are not installed are left out.

import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { daybook } from '../support/program.js'
import { tempDirectory } from '../support/temp-directory.js'

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0

/** Writes the script for the shell, and gives its path and a directory with something in it. */
async function scriptFor(t: Test, shell: string): Promise<{ script: string; directory: string }> {
  const { path, remove } = await tempDirectory()
  t.teardown(remove)
  const { code, stdout, stderr } = await daybook('completion', shell)
  t.equal(code, 0, stderr)
  const script = join(path, 'script')
  await writeFile(script, stdout)
  await mkdir(join(path, 'place/some log'), { recursive: true })
  return { script, directory: join(path, 'place') }
}

function linesOf(shell: string, args: readonly string[], cwd: string): string[] {
  const { stdout, stderr, status } = spawnSync(shell, args, { cwd, encoding: 'utf8' })
  if (status !== 0 || stderr !== '') throw new Error(`${shell} ended with ${status}: ${stderr}`)
  return stdout.split('\n').filter((line) => line !== '')
}

t.test('bash', { skip: !has('bash') && 'not installed' }, async (t) => {
  const { script, directory } = await scriptFor(t, 'bash')
  const complete = (...words: string[]): string[] => {
    const list = words.map((word) => `'${word}'`).join(' ')
    const program = `source '${script}'; COMP_WORDS=(daybook ${list}); COMP_CWORD=${words.length}; _daybook;
      printf '%s\\n' "\${COMPREPLY[@]}"`
    return linesOf('bash', ['--norc', '-c', program], directory)
  }
  t.same(complete('re'), ['read'])
  t.same(complete('--ver'), ['--version'])
  t.same(complete('read', '--fo'), ['--follow', '--format'])
  t.same(complete('read', 'x', '--format', ''), ['human', 'ndjson', 'raw'])
  t.same(complete('read', '--format', 'n'), ['ndjson'])
  t.same(complete('completion', 'z'), ['zsh'])
  t.same(complete('read', '--book', 'b'), [], 'nobody can guess')
  t.same(complete('read', 's'), [], 'bash completes the file itself')
  t.same(complete('nonsense', '--fo'), [])
})

t.test('fish', { skip: !has('fish') && 'not installed' }, async (t) => {
  const { script, directory } = await scriptFor(t, 'fish')
  const complete = (line: string): string[] => {
    const program = `source '${script}'; complete -C '${line}'`
    const lines = linesOf('fish', ['--no-config', '-c', program], directory)
    return lines.map((each) => each.split('\t')[0] as string).sort()
  }
  t.same(complete('daybook re'), ['read'])
  t.same(complete('daybook read --fo'), ['--follow', '--format'])
  t.same(complete('daybook read --format '), ['human', 'ndjson', 'raw'])
  t.same(complete('daybook completion z'), ['zsh'])
  t.match(complete('daybook read so')[0], /^some\\? log\/$/)
})

t.test('zsh', { skip: !has('zsh') && 'not installed' }, async (t) => {
  const { script, directory } = await scriptFor(t, 'zsh')
  linesOf('zsh', ['-f', '-n', script], directory)
  const program = `autoload -U compinit; compinit -D -u; source '${script}'; print $_comps[daybook]`
  t.same(linesOf('zsh', ['-f', '-c', program], directory), ['_daybook'])
})

t.test('every command and option is in every script', async (t) => {
  const { stdout: help } = await daybook('--help')
  const names = [...help.matchAll(/^ {2}([a-z]+) \[/gm)].map(([, name]) => name as string)
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await daybook('completion', shell)
    for (const name of names) t.ok(stdout.includes(name), `${shell}: ${name}`)
    for (const option of ['skip-bad', 'older-than', 'segments', 'durability'])
      t.ok(stdout.includes(option), `${shell}: ${option}`)
  }
})
