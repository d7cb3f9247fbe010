// What a command does when nothing can be written to standard output.

import { existsSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { daybook, endOf, start } from '../support/command-line.js'
import { tempDirectory } from '../support/temp-directory.js'

/** Every write to it fails, as on a full disk. */
const full = '/dev/full'

t.test(
  'output that cannot be written is said in one line, and undoes nothing',
  { skip: !existsSync(full) && `no ${full}` },
  async (t) => {
    const { path, remove } = await tempDirectory()
    t.teardown(remove)
    const log = join(path, 'log')
    const output: FileHandle = await open(full, 'w')
    t.teardown(() => output.close())
    for (const args of [
      ['append', log, 'first'],
      ['import', log, '--lines'],
      ['read', log],
      ['read', log, '--follow'],
      ['books', log],
      ['books', log, '--json'],
      ['stat', log],
      ['verify', log],
      ['trim', log, '-b', 'main', '--before', '0'],
      ['completion', 'bash'],
      ['--help'],
    ]) {
      const ended = await endOf(start(args, { output: output.fd }))
      t.equal(ended.code, 1, args.join(' '))
      t.match(ended.stderr, /^daybook: cannot write to standard output: ENOSPC: [^\n]+\n$/)
    }
    t.match(await daybook(['read', log, '--format', 'raw']), { code: 0, stdout: 'first\n', stderr: '' })
  },
)
