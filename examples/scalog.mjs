// A shared log of several shards and a sequencer, in one process: Scalog (NSDI '20) out of building blocks.
// Shards make their records stable on replicas of their own; the sequencer orders them by cuts alone.
import assert from 'node:assert/strict'
import { Cursor, Cut, MetalogEntry, RecordFrame, Shard, TagIndex } from 'daybook/order'

const log = new Uint8Array(16).fill(7) // the id of this log

/** Keeps the frames of one shard, in order, and says how far it has come. */
class Replica {
  progress = 0
  records = []
  take(frame) {
    const { firstLocalId, nextLocalId, records } = RecordFrame.decode(log, frame) // compares checksums
    if (firstLocalId !== this.progress) return // a frame before it is missing: it will be sent again
    this.records.push(...records)
    this.progress = nextLocalId
  }
}

/** A writer: it numbers its records without asking anyone, and sends them to its replicas. */
class Writer {
  replicas = [new Replica(), new Replica(), new Replica()]
  frames = []
  constructor(number) {
    this.shard = new Shard({ log, shard: number })
  }
  append(records) {
    return this.shard.append(records)
  }
  /** `lost(i)`: what is sent to replica i does not arrive this time. */
  send(lost = () => false) {
    for (let frame = this.shard.takeFrame(); frame !== null; frame = this.shard.takeFrame())
      this.frames.push(frame)
    for (const [i, replica] of this.replicas.entries())
      if (!lost(i)) for (const frame of this.frames) replica.take(frame)
  }
  /** Two of three replicas hold so many records. */
  report() {
    const progress = this.replicas.map((replica) => replica.progress)
    return Cut.wthHighest(progress, 2)
  }
}

/** Merges reports into cuts, and gives out entries. Records never pass through it. */
class Sequencer {
  cut = new Cut()
  cursor = new Cursor()
  metalog = [] // in a cluster a quorum agrees on it
  time = 0
  order(reports, commands = []) {
    for (const { shard, progress } of reports) this.cut.raise(shard, progress)
    const entry = this.cursor.next(this.cut, { timestamp: ++this.time, commands })
    if (entry.cut.length === 0 && commands.length === 0) return
    this.cursor.apply(entry)
    this.metalog.push(entry.toFrame({ log }))
  }
}

/** Applies the metalog, and so knows every record's position. Each reader goes by replicas of its own. */
class Reader {
  cursor = new Cursor()
  index = new TagIndex()
  records = new Map() // by seqnum
  constructor(replicaOf) {
    this.replicaOf = replicaOf
  }
  follow(metalog) {
    for (const frame of metalog.slice(this.cursor.index))
      for (const run of this.cursor.apply(MetalogEntry.fromFrame(log, frame))) this.place(run)
  }
  place({ shard, firstLocalId, count, firstSeqnum }) {
    for (let i = 0; i < count; i++) {
      const record = this.replicaOf(shard, firstLocalId + i)
      this.records.set(firstSeqnum + i, record)
      this.index.add(record.tags, firstSeqnum + i)
    }
  }
  *read(tag) {
    for (let seqnum = this.index.next(tag); seqnum !== null; seqnum = this.index.next(tag, seqnum + 1)) {
      const { tags, data } = this.records.get(seqnum)
      if (tags.includes(tag)) yield [seqnum, Buffer.from(data).toString()] // the index gives hints
    }
  }
  *all() {
    for (const [seqnum, { data }] of this.records) yield [seqnum, Buffer.from(data).toString()]
  }
}

const writers = new Map([0, 1, 2].map((number) => [number, new Writer(number)]))
const sequencer = new Sequencer()
const readers = [0, 1, 2].map((preferred) => {
  const replicaOf = (shard, localId) => {
    const { replicas } = writers.get(shard)
    const holder = [replicas[preferred], ...replicas].find(({ progress }) => progress > localId)
    return holder.records[localId] // at least two hold what is ordered
  }
  return new Reader(replicaOf)
})
const reports = () => [...writers].map(([shard, writer]) => ({ shard, progress: writer.report() }))
const record = (text, ...tags) => ({ data: Buffer.from(text), tags })

for (let round = 0; round < 6; round++) {
  for (const [number, writer] of writers) {
    writer.append(record(`${number}.${round}`, `shard:${number}`, round % 2 ? 'odd' : 'even'))
    if (round === number) writer.append([record('debit', 'transfer'), record('credit', 'transfer')])
    writer.send((replica) => (number + round) % 3 === replica) // each time another replica misses it
  }
  if (round === 1) {
    writers.set(3, new Writer(3)) // joins while the others go on
    sequencer.order(reports(), [{ kind: 'addShard', shard: 3, countdown: 0 }])
  } else if (round === 3) {
    sequencer.order(reports(), [{ kind: 'finalizeShard', shard: 0, countdown: 1 }]) // one more cut
  } else {
    sequencer.order(reports())
  }
  readers[round % 3].follow(sequencer.metalog) // they come along as they can
}
for (const reader of readers) reader.follow(sequencer.metalog)

console.log('in total order:', [...readers[0].all()].map(([, text]) => text).join(' '))
console.log('odd:', [...readers[0].read('odd')].map(([seqnum, text]) => `${seqnum}=${text}`).join(' '))
const [[debit], [credit]] = [...readers[0].read('transfer')]
assert.equal(credit, debit + 1, 'a group is never split')
for (const reader of readers) {
  assert.deepEqual([...reader.all()], [...readers[0].all()], 'everyone computes the same order')
  assert.deepEqual([...reader.read('odd')], [...readers[0].read('odd')])
}
const { cursor } = readers[0]
assert.ok(cursor.isFinal(0) && writers.get(0).report() > cursor.progress(0), 'a final shard stays as it is')
console.log(
  `${cursor.nextSeqnum} records of ${writers.size} shards, in ${cursor.index} entries, three times alike`,
)
