// What a directory can be instead of a log that is free to open.

import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { open } from '../../src/embedded/index.js'
import { tempDirectory } from '../support/temp-directory.js'
import { startChild } from './child.js'

const holder = `
const log = await open(directory)
await log.book('b').append(Buffer.from('held'))
say(process.pid)
setInterval(() => {}, 1000)
`

t.test('a directory that holds something else is refused and not touched', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  await writeFile(join(directory.path, 'thesis.txt'), 'the only copy')
  await t.rejects(open(directory.path), { code: 'ERR_DAYBOOK_FORMAT', message: /thesis\.txt/ })
  t.same(await readdir(directory.path), ['thesis.txt'])
})

t.test('a file in the place of the directory is refused', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const path = join(directory.path, 'file')
  await writeFile(path, 'x')
  await t.rejects(open(path), { code: 'ERR_DAYBOOK_IO', message: /file/ })
  t.equal(await readFile(path, 'utf8'), 'x')
})

t.test('directories that are missing are made, private to their owner', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const log = await open(pathToFileURL(join(directory.path, 'a', 'b c')))
  await log.book('x').append(Buffer.from('1'))
  await log.close()
  const { stat } = await import('node:fs/promises')
  t.equal((await stat(join(directory.path, 'a', 'b c'))).mode & 0o777, 0o700)
  for (const name of await readdir(join(directory.path, 'a', 'b c'))) {
    t.equal((await stat(join(directory.path, 'a', 'b c', name))).mode & 0o777, 0o600, name)
  }
})

t.test('a directory without permission is refused, and the process lives', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const path = join(directory.path, 'private')
  await mkdir(path, { mode: 0o700 })
  if (process.getuid?.() !== 0) {
    const { chmod } = await import('node:fs/promises')
    await chmod(path, 0o500)
  }
  // Root may do everything, so the child gives that up.
  const child = startChild(
    `
    if (process.getuid() === 0) process.setuid(65534)
    await open(directory).catch((error) => say({ code: error.code, errno: error.cause?.errno }))
    say('alive')
    `,
    [path],
  )
  const { said, code, errors } = await child.end()
  t.same(said, [{ code: 'ERR_DAYBOOK_IO', errno: 13 }, 'alive'], errors)
  t.equal(code, 0)
})

t.test('a directory that another process writes is refused with its pid, until that dies', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const child = startChild(holder, [directory.path])
  const { value: pid } = await child.lines.next()
  const refused = { code: 'ERR_DAYBOOK_LOCKED', retryable: true, message: new RegExp(`\\b${pid}\\b`) }
  await t.rejects(open(directory.path), refused)
  const link = `${directory.path}-link`
  await symlink(directory.path, link)
  t.teardown(() => rm(link))
  await t.rejects(open(link), refused, 'by another name too')
  child.process.kill('SIGKILL')
  await child.end()
  const log = await open(link)
  t.equal(Buffer.from((await log.book('b').readNext())?.data ?? []).toString(), 'held')
  await log.close()
})

t.test('two names of one directory are one log in one process', async (t) => {
  const directory = await tempDirectory()
  const link = `${directory.path}-link`
  await symlink(directory.path, link)
  t.teardown(async () => {
    await rm(link)
    await directory.remove()
  })
  const [one, other] = await Promise.all([open(directory.path), open(link)])
  const seqnum = await one.book('b').append(Buffer.from('1'))
  t.equal((await other.book('b').get(seqnum))?.seqnum, seqnum)
  await one.close()
  t.equal(await other.book('b').append(Buffer.from('2')), seqnum + 1, 'the engine ends with the last handle')
  await other.close()
})

t.test('child processes do not inherit the lock', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const child = startChild(
    `
    const { spawn } = await import('node:child_process')
    const log = await open(directory)
    const sleeper = spawn('sleep', ['30'], { stdio: 'ignore', detached: true })
    sleeper.unref()
    say(sleeper.pid)
    process.kill(process.pid, 'SIGKILL')
    `,
    [directory.path],
  )
  const { said } = await child.end()
  t.teardown(() => process.kill(said[0] as number))
  const log = await open(directory.path)
  await log.close()
})
