import t from 'tap'
import { commitItem } from '../../../src/cli/demo/git-input.js'
import { monthOf } from '../../../src/cli/demo/input.js'
import { boundedTag, TagList, tagBytesMax, tagsPerRecordMax } from '../../../src/cli/demo/tags.js'
import { fixedLimits } from '../../../src/log/options.js'

t.test('the limits are those of the log', async (t) => {
  t.equal(tagBytesMax, fixedLimits.tagBytesMax.value)
  t.equal(tagsPerRecordMax, fixedLimits.tagsPerRecordMax.value)
})

t.test('a name of any length makes a tag, and different names different tags', async (t) => {
  t.equal(boundedTag('file:', 'a/b'), 'file:a/b')
  const fits = 'x'.repeat(tagBytesMax - 'file:'.length)
  t.equal(boundedTag('file:', fits), `file:${fits}`)
  const seen = new Set<string>()
  for (const character of ['x', 'é', '日', '😀']) {
    for (let length = 60; length < 300; length += 1) {
      const tag = boundedTag('file:', character.repeat(length))
      t.ok(Buffer.byteLength(tag) <= tagBytesMax && tag.isWellFormed() && !tag.includes('\ufffd'))
      t.notOk(seen.has(tag))
      seen.add(tag)
    }
  }
})

const commit = {
  hash: 'a'.repeat(40),
  author: 'Ann',
  email: 'ann@example.org',
  date: '2024-02-29T10:00:00+01:00',
  subject: 'Do it',
  files: ['a', 'b/c'],
  fileCount: 2,
}

t.test('a commit is tagged by itself, its author, its month and its files', async (t) => {
  const { id, tags, value, shortened, leftOut } = commitItem(commit)
  t.equal(id, `commit:${commit.hash}`)
  t.strictSame(tags, [id, 'author:ann@example.org', 'month:2024-02', 'file:a', 'file:b/c'])
  const { hash, author, date, subject, files } = commit
  t.strictSame(value, { hash, author, date, subject, files })
  t.equal(shortened + leftOut, 0)
})

t.test('what a commit lacks has a name too', async (t) => {
  const nameless = commitItem({ ...commit, author: '', email: '', date: '', subject: '' })
  t.strictSame(nameless.tags.slice(1, 3), ['author:unknown', 'month:unknown'])
  t.equal(commitItem({ ...commit, email: '' }).tags[1], 'author:Ann')
  t.equal(monthOf('-1-01'), 'unknown')
})

t.test('files for which a record has no room are counted', async (t) => {
  const files = Array.from({ length: 300 }, (_, at) => `f${at}`)
  const { tags, leftOut, value } = commitItem({ ...commit, files, fileCount: 1000 })
  t.equal(tags.length, tagsPerRecordMax)
  t.equal(tags.at(-1), 'file:f252')
  t.equal(leftOut, 1000 - 253)
  t.match(value, { moreFiles: 700 })
  t.equal(new TagList().add('file:', 'x'.repeat(256)).shortened, 1)
})
