// The logs that become golden ones: what is appended to each. They are written by the built package, through
// its public interface, and noted down as they are written, not as they are read back.

import { createHash } from 'node:crypto'

/** @typedef {import('../../src/index.js').EmbeddedLog} EmbeddedLog */
/** @typedef {import('../../src/index.js').OpenOptions} OpenOptions */
/** @typedef {import('../../src/index.js').AppendOptions & { tags?: string[] }} Options */

/**
 * @typedef {object} ExpectedRecord
 * @property {number} seqnum
 * @property {number} timestamp milliseconds since 1970
 * @property {string[]} tags
 * @property {number} size
 * @property {string} sha256 of the data
 */

/**
 * @typedef {object} ExpectedBook
 * @property {number[]} trimmed seqnums that are gone
 * @property {ExpectedRecord[]} records
 */

/** Writes to a log, and notes what must be read from it for ever. */
export class Recorder {
  /** @type {Record<string, ExpectedBook>} */
  books = {}
  /** @type {EmbeddedLog} */
  log

  /** @param {EmbeddedLog} log */
  constructor(log) {
    this.log = log
  }

  /** @param {string} name */
  #book(name) {
    this.books[name] ??= { trimmed: [], records: [] }
    return this.books[name]
  }

  /** @param {string} name @param {Uint8Array} data @param {Options} [options] */
  async append(name, data, options = {}) {
    const seqnum = await this.log.book(name).append(data, options)
    await this.#note(name, seqnum, data, options.tags ?? [])
  }

  /**
   * Appends what must not be written: a condition does not hold, or the key was there before.
   * @param {string} name @param {Options} options
   */
  async appendInVain(name, options) {
    const tail = await this.log.book(name).tail()
    await this.log
      .book(name)
      .append(bytes('in vain'), options)
      .catch((error) => {
        if (error.code !== 'ERR_DAYBOOK_CONFLICT') throw error
      })
    if ((await this.log.book(name).tail()) !== tail) throw new Error('what was in vain was written')
  }

  /** @param {string} name @param {{ data: Uint8Array, tags?: string[] }[]} items */
  async appendMany(name, items) {
    const seqnums = await this.log.book(name).appendMany(items)
    for (const [i, { data, tags = [] }] of items.entries()) {
      await this.#note(name, /** @type {number} */ (seqnums[i]), data, tags)
    }
  }

  /**
   * Trims all but the last `kept` records of a book.
   * @param {string} name @param {number} kept
   */
  async trim(name, kept) {
    const book = this.#book(name)
    const gone = book.records.splice(0, book.records.length - kept)
    const before = (book.records[0] ?? { seqnum: (gone.at(-1)?.seqnum ?? 0) + 1 }).seqnum
    await this.log.book(name).trim({ before })
    book.trimmed.push(...gone.map(({ seqnum }) => seqnum))
  }

  /** Takes the tag off the records below. @param {string} name @param {string} tag @param {number} before */
  async trimTag(name, tag, before) {
    const book = this.#book(name)
    await this.log.book(name).trim({ tag, before })
    for (const record of book.records) {
      if (record.seqnum >= before || !record.tags.includes(tag)) continue
      record.tags = record.tags.filter((other) => other !== tag)
      if (record.tags.length === 0) book.trimmed.push(record.seqnum)
    }
    book.records = book.records.filter(({ seqnum }) => !book.trimmed.includes(seqnum))
  }

  /** @param {string} name @param {number} seqnum @param {Uint8Array} data @param {string[]} tags */
  async #note(name, seqnum, data, tags) {
    // The time is the one thing that only the log knows.
    const timestamp = (await this.log.book(name).get(seqnum))?.timestamp ?? 0
    const sha256 = createHash('sha256').update(data).digest('hex')
    this.#book(name).records.push({ seqnum, timestamp, tags, size: data.byteLength, sha256 })
  }
}

/** @param {string} text */
const bytes = (text) => Buffer.from(text)
/** Data that compresses to next to nothing. @param {number} size @param {string} word */
const lines = (size, word) => Buffer.alloc(size, `${word}\n`)

/** Every kind of record that the interface takes. @param {Recorder} recorder */
async function variety(recorder) {
  await recorder.append('orders', bytes('first'), { tags: ['new', 'customer:1'] })
  await recorder.append('orders', new Uint8Array(0))
  await recorder.append(
    'orders',
    Uint8Array.from({ length: 256 }, (_, i) => i),
    { tags: ['binary'] },
  )
  await recorder.append('orders', bytes('not flushed at once'), { tags: ['new'], durability: 'os' })
  await recorder.append('größe ☕', bytes('ein anderes Buch'), { tags: ['ñandú', '標籤', '🏷'] })
  await recorder.append('n'.repeat(255), bytes('a long name'), { tags: ['t'.repeat(255)] })
  const many = Array.from({ length: 256 }, (_, i) => `tag-${i}`)
  await recorder.append('orders', bytes('as many tags as there can be'), { tags: many })
  await recorder.appendMany(
    'orders',
    Array.from({ length: 50 }, (_, i) => ({ data: bytes(`item ${i}`), tags: ['group', `row:${i % 7}`] })),
  )
  await recorder.append('orders', lines(9000, 'over two sectors'), { tags: ['large'] })
}

/** @param {Recorder} recorder @param {number} count @param {string} word */
async function large(recorder, count, word) {
  for (let i = 0; i < count; i++) {
    const name = ['odd', 'even', 'rest'][i % 3] ?? ''
    await recorder.append(name, lines(150_000, `${word} ${i}`), { tags: [word, `number:${i}`] })
  }
}

/** Groups that win, lose, and repeat a key. @param {Recorder} recorder */
async function judged(recorder) {
  const match = { any: ['a', { all: ['b', 'c'] }] }
  await recorder.append('judged', bytes('first'), { tags: ['a'], key: 'key 1', expect: { after: -1 } })
  await recorder.appendInVain('judged', { tags: ['a'], key: 'key 1' })
  await recorder.appendInVain('judged', { tags: ['b'], expect: { match, after: -1 } })
  await recorder.append('judged', bytes('second'), {
    tags: ['b', 'c'],
    key: 'ключ',
    expect: { tag: 'c', after: -1 },
  })
  await recorder.appendInVain('judged', {
    expect: [{ after: 1e15 }, { match: { all: ['b', 'c'] }, after: -1 }],
  })
  await recorder.appendMany('judged', [{ data: bytes('third'), tags: ['c'] }, { data: bytes('fourth') }])
}

/** Records with few tags, of which some are trimmed. @param {Recorder} recorder @param {number} count */
async function untagged(recorder, count) {
  for (let i = 0; i < count; i++) {
    const tags = ['a', 'b', 'c'].filter((_, bit) => ((i >> bit) & 1) === 1)
    await recorder.append('untagged', Buffer.alloc(3000, i), { tags })
  }
  await recorder.trimTag('untagged', 'a', Number.POSITIVE_INFINITY)
  await recorder.trimTag('untagged', 'b', 20)
}

/** @param {Recorder} recorder */
async function manyBooks(recorder) {
  for (let i = 0; i < 150; i++) {
    for (let j = 0; j <= i % 3; j++) await recorder.append(`book-${i}`, bytes(`${i}/${j}`), { tags: ['t'] })
  }
}

/**
 * @typedef {object} FixtureLog
 * @property {string} what part of the folder's name
 * @property {string} why
 * @property {OpenOptions} [options]
 * @property {((recorder: Recorder) => Promise<void>)[]} openings what each opening of the log writes
 * @property {boolean} [isKilled] the last opening ends by SIGKILL instead of close
 */

/** @type {readonly FixtureLog[]} */
export const fixtureLogs = [
  { what: 'closed', why: 'every kind of record, closed', openings: [variety] },
  {
    what: 'killed',
    why: 'the same, ended by a kill: opening has to recover',
    isKilled: true,
    openings: [variety],
  },
  {
    what: 'segments',
    why: 'several full segments',
    options: { segmentBytes: 1024 * 1024 },
    openings: [(recorder) => large(recorder, 30, 'full')],
  },
  {
    what: 'reopened',
    why: 'several terms, the last one killed',
    isKilled: true,
    openings: [
      variety,
      (recorder) => recorder.append('orders', bytes('second term'), { tags: ['new'] }),
      variety,
    ],
  },
  {
    what: 'trimmed',
    why: 'books that are trimmed in part and as a whole, over several segments and openings',
    options: { segmentBytes: 1024 * 1024 },
    openings: [
      async (recorder) => {
        await large(recorder, 24, 'old')
        await recorder.trim('odd', 2)
        await recorder.trim('even', 0)
      },
      async (recorder) => {
        await large(recorder, 6, 'young')
        await recorder.trim('odd', 1)
        await recorder.append('even', bytes('goes on'), { tags: ['old'] })
      },
    ],
  },
  { what: 'books', why: '150 books', openings: [manyBooks] },
  {
    what: 'judged',
    why: 'conditions, keys and verdicts, over two openings, the last one killed',
    isKilled: true,
    openings: [
      judged,
      async (recorder) => {
        await recorder.appendInVain('judged', { key: 'key 1' })
        await recorder.append('judged', bytes('fifth'), { key: 'key 2' })
        await recorder.trim('judged', 2)
        await recorder.appendInVain('judged', { key: 'ключ' })
      },
    ],
  },
  {
    what: 'untagged',
    why: 'trims of tags, with checkpoints behind some of them, the last opening killed',
    options: { checkpointBytes: 1024 * 1024 },
    isKilled: true,
    openings: [
      (recorder) => untagged(recorder, 300),
      async (recorder) => {
        await untagged(recorder, 30)
        await recorder.trimTag('untagged', 'c', 200)
      },
    ],
  },
]
