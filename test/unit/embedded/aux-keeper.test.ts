// Aux data that is kept across restarts: what comes back, and when nothing may.

import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type OpenOptions, open } from '../../../src/embedded/index.js'
import type { EmbeddedLog } from '../../../src/log/types.js'
import { tempDirectory } from '../../support/temp-directory.js'

const persistent = { auxPersistent: true } as const

class Home {
  readonly #handles: EmbeddedLog[] = []
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  get aux(): string {
    return join(this.directory, 'aux')
  }

  async open(options: OpenOptions = persistent): Promise<EmbeddedLog> {
    const log = await open(this.directory, options)
    this.#handles.push(log)
    return log
  }

  /** All that is beside the records of the book, by seqnum, as the next opening finds it. */
  async found(options?: OpenOptions): Promise<(string | undefined)[]> {
    const log = await this.open(options)
    const all: (string | undefined)[] = []
    for await (const { aux } of log.book('b').read())
      all.push(aux === undefined ? undefined : Buffer.from(aux).toString())
    await log.close()
    return all
  }

  /** A log of three records with aux data, which has been closed. */
  async fill(): Promise<void> {
    const log = await this.open()
    const book = log.book('b')
    await book.appendMany(['0', '1', '2'].map((data) => ({ data: Buffer.from(data) })))
    for (const seqnum of [0, 1, 2]) book.setAux(seqnum, Buffer.from(`aux ${seqnum}`))
    await log.close()
  }

  async values(): Promise<string> {
    const [name = 'none'] = (await readdir(this.aux)).filter((file) => file.endsWith('.mdb'))
    return join(this.aux, name)
  }

  async end(): Promise<void> {
    await Promise.all(this.#handles.map((log) => log.close()))
    await rm(this.directory, { recursive: true, force: true })
  }
}

const all = ['aux 0', 'aux 1', 'aux 2']
const none = [undefined, undefined, undefined]

function scenario(title: string, run: (t: Test, home: Home) => Promise<void>): void {
  t.test(title, async (t: Test) => {
    const home = new Home((await tempDirectory()).path)
    try {
      await run(t, home)
    } finally {
      await home.end()
    }
  })
}

scenario('aux data that is to be kept comes back, again and again', async (t, home) => {
  await home.fill()
  for (let i = 0; i < 3; i++) t.same(await home.found(), all)
  const log = await home.open()
  log.book('b').setAux(1, Buffer.from('newer'))
  await log.book('b').trim({ before: 1 })
  await log.close()
  t.same(await home.found(), ['newer', 'aux 2'])
  const sizes = await home.open()
  t.ok((await sizes.stat()).bytes > 0, 'the log minds neither the folder nor what is in it')
})

scenario('without the option nothing is written, loaded or left to be found later', async (t, home) => {
  const log = await home.open({})
  await log.book('b').append(Buffer.from('0'))
  log.book('b').setAux(0, Buffer.from('x'))
  await log.close()
  t.notOk((await readdir(home.directory)).includes('aux'))
  t.same(await home.found(), [undefined])
})

scenario('an opening in between that may have set other bytes makes them old', async (t, home) => {
  await home.fill()
  t.same(await home.found({}), none)
  t.same(await home.found(), none, 'they would be out of date')
  const log = await home.open()
  log.book('b').setAux(0, Buffer.from('again'))
  await log.close()
  t.same(await home.found(), ['again', undefined, undefined])
})

scenario('one handle that asks is enough, and the last one saves', async (t, home) => {
  const [plain, asking, third] = [await home.open({}), await home.open(), await home.open({})]
  await plain.book('b').appendMany(['0', '1', '2'].map((data) => ({ data: Buffer.from(data) })))
  asking.book('b').setAux(0, Buffer.from('aux 0'))
  await asking.close()
  plain.book('b').setAux(1, Buffer.from('aux 1'))
  third.book('b').setAux(2, Buffer.from('aux 2'))
  await Promise.all([plain.close(), third.close()])
  t.same(await home.found(), all)
})

scenario('a handle that is opened while another saves does not leave old bytes', async (t, home) => {
  await home.fill()
  for (let round = 0; round < 3; round++) {
    const first = await home.open()
    const closing = first.close()
    const second = await home.open()
    second.book('b').setAux(1, Buffer.from(`round ${round}`))
    await Promise.all([closing, second.close()])
    const [, found] = await home.found()
    t.ok(found === undefined || found === `round ${round}`, String(found))
  }
})

scenario('damaged files give nothing, wherever the damage is', async (t, home) => {
  await home.fill()
  const copy = `${home.directory}-copy`
  t.teardown(() => rm(copy, { recursive: true, force: true }))
  await cp(home.directory, copy, { recursive: true })
  const restore = async () => {
    await rm(home.directory, { recursive: true })
    await cp(copy, home.directory, { recursive: true })
  }
  const values = await home.values()
  const { size } = await stat(values)
  for (const path of [values, join(home.aux, 'mark')]) {
    await restore()
    const { length } = await readFile(path)
    for (let at = 0; at < length; at += Math.ceil(length / 4)) {
      await restore()
      const bytes = await readFile(path)
      bytes[at] = (bytes[at] as number) ^ 0x40
      await writeFile(path, bytes)
      t.same(await home.found(), none, `${path} at ${at}`)
    }
  }
  for (const change of [
    () => truncate(values, size / 2),
    () => truncate(values, 0),
    () => truncate(values, size * 2),
    () => rm(values),
    () => rm(join(home.aux, 'mark')),
    () => writeFile(join(home.aux, 'mark'), Buffer.alloc(1_000_000)),
    () => rm(home.aux, { recursive: true }),
  ]) {
    await restore()
    await change()
    t.same(await home.found(), none)
  }
  await restore()
  t.same(await home.found(), all)
})

scenario('what belongs to an older state of the log, or to a newer one, is not believed', async (t, home) => {
  await home.fill()
  const older = `${home.directory}-older`
  const newer = `${home.directory}-newer`
  for (const path of [older, newer]) t.teardown(() => rm(path, { recursive: true, force: true }))
  await cp(home.directory, older, { recursive: true })
  const log = await home.open()
  log.book('b').setAux(0, Buffer.from('newer'))
  await log.close()
  await cp(home.directory, newer, { recursive: true })
  await rm(home.aux, { recursive: true })
  await cp(join(older, 'aux'), home.aux, { recursive: true })
  t.same(await home.found(), none, 'old aux data beside a newer log')
  await rm(home.directory, { recursive: true })
  await cp(older, home.directory, { recursive: true })
  await rm(home.aux, { recursive: true })
  await cp(join(newer, 'aux'), home.aux, { recursive: true })
  t.same(await home.found(), none, 'newer aux data beside an old log')
})

scenario('as much comes back as there is room for, and files do not pile up', async (t, home) => {
  const log = await home.open()
  const book = log.book('b')
  const items = Array.from({ length: 2000 }, (_, i) => ({ data: Buffer.from(String(i)) }))
  const seqnums = await book.appendMany(items)
  for (const seqnum of seqnums) book.setAux(seqnum, Buffer.alloc(3000, String(seqnum)))
  await log.close()
  for (const auxBytes of [16 * 1024 * 1024, 640_000, 0]) {
    const again = await home.open({ ...persistent, auxBytes })
    let found = 0
    for await (const { seqnum, aux } of again.book('b').read()) {
      if (aux === undefined) continue
      found++
      if (!Buffer.alloc(3000, String(seqnum)).equals(aux)) t.fail(`wrong bytes at ${seqnum}`)
    }
    t.equal(found, Math.min(2000, Math.floor(auxBytes / 3192)))
    await again.close()
    const files = await readdir(home.aux)
    t.same(files.filter((name) => name !== 'mark').length, 1, files.join(' '))
    const { size } = await stat(await home.values())
    t.ok(size <= 2 * Math.min(auxBytes, 2000 * 3192) + 1024 * 1024, `${size} bytes for ${auxBytes}`)
  }
})

scenario('where nothing can be saved, closing works all the same', async (t, home) => {
  await home.fill()
  const log = await home.open()
  await rm(home.aux, { recursive: true })
  await writeFile(home.aux, 'in the way')
  await log.close()
  t.same(await home.found(), none)
})

scenario('aux data that is kept stays with its log when the option is wrong', async (t, home) => {
  for (const auxPersistent of ['yes', 1, null]) {
    await t.rejects(home.open({ auxPersistent } as never), { code: 'ERR_DAYBOOK_INVALID_ARG' })
  }
  for (const auxBytes of [-1, 0.5, 4 * 1024 ** 3 + 1, '1']) {
    await t.rejects(home.open({ auxBytes } as never), { code: 'ERR_DAYBOOK_INVALID_ARG' })
  }
})
