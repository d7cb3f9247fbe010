// What a directory can be instead of a log that is free to open.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { chmod, link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { open } from '../../src/embedded/index.js'
import { tempDirectory } from '../support/temp-directory.js'
import { startChild, strace } from './child.js'

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
  t.equal((await stat(join(directory.path, 'a', 'b c'))).mode & 0o777, 0o700)
  for (const name of await readdir(join(directory.path, 'a', 'b c'))) {
    t.equal((await stat(join(directory.path, 'a', 'b c', name))).mode & 0o777, 0o600, name)
  }
})

t.test('files are private whatever the umask; a directory that is there keeps its mode', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const umasks = ['0', '22', '77']
  for (const umask of umasks) {
    const shared = join(directory.path, umask, 'shared')
    await mkdir(shared, { recursive: true })
    await chmod(shared, 0o755)
  }
  const child = startChild(
    `
    for (const umask of args) {
      process.umask(parseInt(umask, 8))
      for (const name of ['shared', 'made']) {
        const log = await open(directory + '/' + umask + '/' + name, { segmentBytes: 1024 * 1024 })
        for (let i = 0; i < 3; i++) await log.book('b').append(Buffer.alloc(900_000))
        await log.close()
      }
    }
    `,
    [directory.path, ...umasks],
  )
  const { code, errors } = await child.end()
  t.equal(code, 0, errors)
  for (const umask of umasks) {
    const at = (...names: string[]) => join(directory.path, umask, ...names)
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
    t.same([await modeOf(at('shared')), await modeOf(at('made'))], ['755', '700'])
    for (const folder of ['shared', 'made']) {
      const files = await readdir(at(folder))
      t.ok(files.length > 4, 'segments that were rolled to are among them')
      for (const name of files) t.equal(await modeOf(at(folder, name)), '600', `${folder}/${name}`)
    }
  }
})

t.test('a directory without permission is refused, and the process lives', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const path = join(directory.path, 'private')
  await mkdir(path, { mode: 0o700 })
  if (process.getuid?.() !== 0) {
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
  const name = `${directory.path}-link`
  await symlink(directory.path, name)
  t.teardown(() => rm(name))
  await t.rejects(open(name), refused, 'by another name too')
  child.process.kill('SIGKILL')
  await child.end()
  const log = await open(name)
  t.equal(Buffer.from((await log.book('b').readNext())?.data ?? []).toString(), 'held')
  await log.close()
})

t.test(
  'who waits for the lock gets the directory when its holder dies, and finds what that wrote',
  async (t) => {
    const directory = await tempDirectory()
    t.teardown(() => directory.remove())
    const child = startChild(holder, [directory.path])
    await child.lines.next()
    const elsewhere = await tempDirectory()
    t.teardown(() => elsewhere.remove())
    let settled = false
    const waiting = open(directory.path, { lockTimeout: Number.POSITIVE_INFINITY }).finally(() => {
      settled = true
    })
    // More waiters than Node's pool has threads: all other work goes on meanwhile.
    const others = Array.from({ length: 8 }, () => open(directory.path, { lockTimeout: 60_000 }))
    const log = await open(elsewhere.path)
    await log.book('b').append(Buffer.from('not held up'))
    await log.close()
    await t.rejects(open(directory.path), { code: 'ERR_DAYBOOK_LOCKED' }, 'who does not wait is told at once')
    t.notOk(settled)
    child.process.kill('SIGKILL')
    await child.end()
    for (const opened of await Promise.all([waiting, ...others])) {
      t.equal(Buffer.from((await opened.book('b').readNext())?.data ?? []).toString(), 'held')
      await opened.close()
    }
  },
)

t.test('who waits for the lock in vain is told who holds it', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const child = startChild(holder, [directory.path])
  const { value: pid } = await child.lines.next()
  const begun = performance.now()
  await t.rejects(open(directory.path, { lockTimeout: 120 }), {
    code: 'ERR_DAYBOOK_LOCKED',
    retryable: true,
    message: new RegExp(`host .+, process ${pid}, started 20.+Z \\(waited 120 ms for it\\)`),
  })
  t.ok(performance.now() - begun >= 119, 'not before the time is up')
  for (const lockTimeout of [-1, 0.5, Number.NaN, null, '5']) {
    const refused = open(directory.path, { lockTimeout } as never)
    await t.rejects(refused, { code: 'ERR_DAYBOOK_INVALID_ARG', message: /lockTimeout/ }, String(lockTimeout))
  }
  child.process.kill('SIGKILL')
  await child.end()
})

t.test(
  'of two processes that wait for one lock each has it in turn, and neither loses a record',
  async (t) => {
    const directory = await tempDirectory()
    t.teardown(() => directory.remove())
    const first = startChild(holder, [directory.path])
    await first.lines.next()
    const successor = `
    say('waiting')
    const log = await open(directory, { lockTimeout: 60_000 })
    await log.book('b').append(Buffer.from(args[0]))
    await log.close()
    say('done')
  `
    const waiters = ['one', 'two'].map((name) => startChild(successor, [directory.path, name]))
    for (const waiter of waiters) t.equal((await waiter.lines.next()).value, 'waiting')
    first.process.kill('SIGTERM')
    for (const waiter of waiters) {
      const { said, code, errors } = await waiter.end()
      t.same([said, code], [['done'], 0], errors)
    }
    const log = await open(directory.path)
    const texts: string[] = []
    for await (const record of log.book('b').read()) texts.push(Buffer.from(record.data).toString())
    t.same(texts.sort(), ['held', 'one', 'two'])
    await log.close()
  },
)

t.test('who waits for the lock may end: a killed process, an exit, a terminated worker thread', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const first = startChild(holder, [directory.path])
  await first.lines.next()
  const waiter = startChild(
    `
    const { Worker } = await import('node:worker_threads')
    const source = \`
      const { parentPort } = await import('node:worker_threads')
      const { open } = await import(process.env.DAYBOOK_TEST_INDEX)
      void open(\${JSON.stringify(directory)}, { lockTimeout: 60_000 })
      setTimeout(() => parentPort.postMessage('waiting'), 20)
    \`
    const worker = new Worker(source, { eval: true })
    await new Promise((resolve) => worker.once('message', resolve))
    await worker.terminate()
    say('terminated')
    void open(directory, { lockTimeout: 60_000 })
    setTimeout(() => process.exit(7), 20)
    `,
    [directory.path],
  )
  const { said, code, errors } = await waiter.end()
  t.same([said, code], [['terminated'], 7], errors)
  const killed = startChild(`void open(directory, { lockTimeout: 60_000 }); say('waiting')`, [directory.path])
  await killed.lines.next()
  killed.process.kill('SIGKILL')
  t.equal((await killed.end()).signal, 'SIGKILL')
  first.process.kill('SIGKILL')
  await first.end()
  await (await open(directory.path)).close()
})

t.test('a network file system is refused and not touched, unless it is allowed', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  // strace writes the number of NFS over what the kernel says, where the answer begins.
  const wrap = strace('inject=statfs:poke_exit=@arg2=6969000000000000', 'statfs')
  const child = startChild(
    `
    const { readdirSync } = await import('node:fs')
    const message = await open(directory + '/log').then(() => 'opened', ({ code, message }) => code + message)
    say([message, readdirSync(directory)])
    const log = await open(directory + '/log', { allowNetworkFileSystem: true })
    say(await log.book('b').append(Buffer.from('1')))
    await (await open(directory + '/log')).close()
    await log.close()
    `,
    [directory.path],
    { wrap },
  )
  const { said, code, errors } = await child.end()
  if (said.length === 0) return t.comment(`strace does not work here: ${errors.slice(0, 200)}`)
  const refused = /^ERR_DAYBOOK_INVALID_ARG.+\/log is on a network file system \(nfs\)/
  t.match(said, [[refused, []], Number], errors)
  t.equal(code, 0, errors)
  for (const allowNetworkFileSystem of [1, 'yes', null]) {
    const wrong = open(directory.path, { allowNetworkFileSystem } as never)
    await t.rejects(wrong, { code: 'ERR_DAYBOOK_INVALID_ARG', message: /allowNetworkFileSystem/ })
  }
})

t.test('two names of one directory are one log in one process', async (t) => {
  const directory = await tempDirectory()
  const alias = `${directory.path}-link`
  await symlink(directory.path, alias)
  t.teardown(async () => {
    await rm(alias)
    await directory.remove()
  })
  const path = join(directory.path, 'log')
  const one = await open(path)
  const names = [
    join(alias, 'log'),
    relative(process.cwd(), path),
    `${path}/`,
    `${directory.path}/./x/..//log`,
    pathToFileURL(join(alias, 'log')),
  ]
  const others = await Promise.all(names.map((name) => open(name)))
  const seqnum = await one.book('b').append(Buffer.from('1'))
  for (const [i, other] of others.entries()) {
    t.equal((await other.book('b').get(seqnum))?.seqnum, seqnum, String(names[i]))
  }
  await one.close()
  for (const other of others.slice(1)) await other.close()
  t.equal(
    await others[0]?.book('b').append(Buffer.from('2')),
    seqnum + 1,
    'the engine ends with the last handle',
  )
  await others[0]?.close()
})

t.test('a directory that is mounted twice is one log, in one process and in two', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const [log, mount] = [join(directory.path, 'log'), join(directory.path, 'mount')]
  await mkdir(log)
  await mkdir(mount)
  // In a table of mounts of its own, which goes with the process.
  const wrap = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$1" "$2" && shift 2 && exec "$@"', 'sh']
  const child = startChild(
    `
    const [one, other] = await Promise.all([open(directory), open(args[0])])
    const seqnum = await one.book('b').append(Buffer.from('1'))
    say((await other.book('b').get(seqnum)).seqnum === seqnum)
    setInterval(() => {}, 1000)
    `,
    [log, mount],
    { wrap: [...wrap, log, mount] },
  )
  const { value: same } = await child.lines.next()
  if (same === undefined) {
    return t.comment(`no mounts can be made here: ${(await child.end()).errors.slice(0, 200)}`)
  }
  t.equal(same, true)
  await t.rejects(open(log), { code: 'ERR_DAYBOOK_LOCKED' })
  child.process.kill('SIGKILL')
  await child.end()
})

t.test(
  'a lock that is a hard link of the lock of another log keeps both from being open at once',
  async (t) => {
    const directory = await tempDirectory()
    t.teardown(() => directory.remove())
    const [one, other] = [join(directory.path, 'one'), join(directory.path, 'other')]
    const log = await open(one)
    await mkdir(other)
    await link(join(one, 'lock'), join(other, 'lock'))
    const refused = { code: 'ERR_DAYBOOK_LOCKED', message: new RegExp(`process ${process.pid}\\b`) }
    await t.rejects(open(other), refused)
    t.same(await readdir(other), ['lock'], 'nothing is made beside it')
    await log.close()
    await (await open(other)).close()
  },
)

t.test('child processes have none of the descriptors of the log', async (t) => {
  if (!existsSync('/proc/self/fd')) return t.comment('there is no /proc here to look into')
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  const log = await open(directory.path, { segmentBytes: 1024 * 1024 })
  const book = log.book('b')
  const pending = Array.from({ length: 8 }, () => book.append(Buffer.alloc(400_000)))
  const during = spawn('sleep', ['30'], { stdio: 'ignore' })
  await Promise.all(pending)
  const after = spawn('sleep', ['30'], { stdio: 'ignore' })
  const openIn = (pid: number | string) =>
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
      } catch {
        return [] // closed meanwhile
      }
    })
  const ofLog = (pid: number | string) => openIn(pid).filter((path) => path.startsWith(directory.path))
  t.ok(ofLog('self').length >= 3, 'lock and segments are open here')
  for (const { pid } of [during, after]) {
    t.ok(openIn(pid as number).length >= 3, 'the child has its own')
    t.same(ofLog(pid as number), [])
  }
  for (const child of [during, after]) child.kill('SIGKILL')
  await log.close()
  t.same(ofLog('self'), [], 'and none is left here')
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
