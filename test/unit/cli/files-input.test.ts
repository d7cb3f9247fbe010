import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { fileItem, filesInput } from '../../../src/cli/demo/files-input.js'
import type { Item } from '../../../src/cli/demo/input.js'
import { tempDirectory } from '../../support/temp-directory.js'

const never = new AbortController().signal

async function itemsOf(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

t.test('the files of a directory come oldest first, without what is hidden or installed', async (t) => {
  const { path, remove } = await tempDirectory()
  t.teardown(remove)
  for (const name of ['src/deep', 'node_modules/x', '.git'])
    await mkdir(join(path, name), { recursive: true })
  const files = ['src/deep/new.ts', 'old.md', 'src/Makefile', 'node_modules/x/index.js', '.git/HEAD']
  for (const [at, file] of files.entries()) {
    await writeFile(join(path, file), 'x'.repeat(at))
    const time = file === 'old.md' ? '2001-02-03T04:05:06Z' : `202${at}-06-01T00:00:00Z`
    await utimes(join(path, file), new Date(time), new Date(time))
  }
  await symlink(path, join(path, 'loop'))
  const input = await filesInput(path, never)
  t.equal(input.total, 3)
  const items = await itemsOf(input.items(never))
  t.strictSame(
    items.map(({ tags }) => tags.slice(1)),
    [
      ['file:old.md', 'directory:.', 'extension:.md', 'month:2001-02'],
      ['file:src/deep/new.ts', 'directory:src/deep', 'extension:.ts', 'month:2020-06'],
      ['file:src/Makefile', 'directory:src', 'extension:none', 'month:2022-06'],
    ],
  )
  t.strictSame(input.row(items[2]?.value), { date: '2022-06-01', by: '2 bytes', text: 'src/Makefile' })
})

t.test('a file that changes is another item', async (t) => {
  const file = { path: 'a', bytes: 1, date: '2024-01-01T00:00:00.000Z' }
  t.equal(fileItem(file).id, fileItem({ ...file }).id)
  const others = [{ bytes: 2 }, { date: '2024-01-01T00:00:00.001Z' }, { path: 'b' }]
  for (const change of others) t.not(fileItem({ ...file, ...change }).id, fileItem(file).id)
})

t.test('a directory that is not there has no files', async (t) => {
  const { path, remove } = await tempDirectory()
  t.teardown(remove)
  t.equal((await filesInput(join(path, 'nothing'), never)).total, 0)
  const aborted = AbortSignal.abort(new Error('stop'))
  await writeFile(join(path, 'file'), '')
  await t.rejects(filesInput(path, aborted), { message: 'stop' })
})
