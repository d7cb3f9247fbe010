// A disk that fails or is full, made by the kernel and not by a stub.

import { execFile } from 'node:child_process'
import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { open } from '../../src/embedded/index.js'
import { tempDirectory } from '../support/temp-directory.js'
import { startChild, strace } from './child.js'

const run = promisify(execFile)

t.test('after a failed flush the log is read-only, and nothing is called written', async (t) => {
  const directory = await tempDirectory()
  t.teardown(() => directory.remove())
  // Flushes are counted by thread. Opening and reopening make fewer than nine; the committer's ninth fails,
  // and all after it succeed again, which is what makes a retry so dangerous.
  const child = startChild(
    `
    const log = await open(directory)
    const book = log.book('b')
    const failed = ({ code, outcome, cause }) => [code, outcome, cause?.code ?? cause?.errno]
    const outcome = (promise) => promise.catch(failed)
    let result = 0
    let good = 0
    for (; typeof result === 'number'; good++) result = await outcome(book.append(Buffer.from('good' + good)))
    say(good - 1)
    say(result)
    say(await outcome(book.append(Buffer.from('later'))))
    say([log.status.state, log.status.cause.code])
    say((await book.readPrev()).seqnum === good - 2)
    const second = await open(directory)
    say(second.status.state)
    await second.close()
    await log.close()
    const again = await open(directory)
    say(again.status.state)
    say(await outcome(again.book('b').append(Buffer.from('new'))))
    await again.close()
    `,
    [directory.path],
    { wrap: strace('inject=fdatasync:error=EIO:when=9') },
  )
  const { said, errors } = await child.end()
  if (said.length === 0) return t.comment(`strace does not work here: ${errors.slice(0, 200)}`)
  const [good, failed, ...rest] = said as [number, unknown[], ...unknown[]]
  // Where the log was idle for a moment the failing flush was that of the durable mark.
  const expected =
    failed[0] === 'ERR_DAYBOOK_IO'
      ? ['ERR_DAYBOOK_IO', 'unknown', 5]
      : ['ERR_DAYBOOK_READ_ONLY', 'notWritten', 'ERR_DAYBOOK_IO']
  t.same(failed, expected, errors)
  t.same(rest.slice(0, -1), [
    ['ERR_DAYBOOK_READ_ONLY', 'notWritten', 'ERR_DAYBOOK_IO'],
    ['read-only', 'ERR_DAYBOOK_IO'],
    true,
    'read-only',
    'open',
  ])
  const log = await open(directory.path)
  const data: string[] = []
  for await (const record of log.book('b').read()) data.push(Buffer.from(record.data).toString())
  await log.close()
  const promised = Array.from({ length: good }, (_, i) => `good${i}`)
  t.same(data.slice(0, good), promised)
  t.ok(
    data.slice(good, -1).every((text) => text === `good${good}`) && data.length <= good + 2,
    'the unknown one, at most once',
  )
  t.equal(data.at(-1), 'new')
})

t.test('a full disk refuses appends whole, and takes them again when there is room', async (t) => {
  const directory = await tempDirectory()
  const mount = directory.path
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mount])
  } catch (error) {
    await rmdir(mount)
    return t.comment(`no file system can be mounted here: ${String(error).split('\n')[0]}`)
  }
  t.teardown(async () => {
    await run('umount', [mount])
    await directory.remove()
  })
  const { rm, writeFile } = await import('node:fs/promises')
  const log = await open(join(mount, 'log'))
  const book = log.book('b')
  const acknowledged: number[] = []
  let refused: unknown
  await writeFile(join(mount, 'ballast'), Buffer.alloc(500_000))
  while (refused === undefined) {
    await book.append(Buffer.alloc(30_000, acknowledged.length), { tags: ['t'] }).then(
      (seqnum) => acknowledged.push(seqnum),
      (error: unknown) => {
        refused = error
      },
    )
  }
  t.match(refused, { code: 'ERR_DAYBOOK_DISK_FULL', outcome: 'notWritten', retryable: true })
  t.equal(log.status.state, 'open')
  t.equal(await book.tail(), acknowledged.at(-1), 'reads go on')
  // More than the background can have freed since.
  await t.rejects(book.append(Buffer.alloc(1_000_000)), { code: 'ERR_DAYBOOK_DISK_FULL' })
  await rm(join(mount, 'ballast'))
  acknowledged.push(await book.append(Buffer.alloc(30_000, acknowledged.length), { tags: ['t'] }))
  await log.close()

  const again = await open(join(mount, 'log'))
  const found: number[] = []
  for await (const record of again.book('b').read({ tag: 't' })) {
    t.ok(record.data.every((byte) => byte === found.length % 256))
    found.push(record.seqnum)
  }
  t.same(found, acknowledged)
  await again.close()
})
