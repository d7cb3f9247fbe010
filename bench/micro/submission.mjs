// What an append does before it reaches native code: options and tags are checked, the record is encoded.

import { Submission } from '../../dist/esm/embedded/submission.js'
import { AppendArguments } from '../../dist/esm/log/call-options.js'
import { dataOf, tagsOf } from '../support/records.mjs'

const groupRecords = 1000
const recordsMade = 4096

export const submission = {
  title: 'append, per record',
  /** @returns {import('./run.mjs').Micro[]} */
  cases: () => [
    { name: 'making the record: two tags and a view of 128 B', run: makeRecord() },
    { name: 'AppendArguments.read: { tags: 2 }', run: readOptions() },
    { name: 'Submission.add: 128 B, two tags', run: add(128) },
    { name: 'Submission.add: 1024 B, two tags', run: add(1024) },
    { name: 'Submission.addGroup: 1000 × 128 B, two tags', run: addGroup(128), perRun: groupRecords },
    { name: 'Submission.addGroup: 1000 × 1024 B, two tags', run: addGroup(1024), perRun: groupRecords },
  ],
}

function records(bytes) {
  return Array.from({ length: recordsMade }, (_, i) => ({ data: dataOf(i, bytes), tags: tagsOf(i) }))
}

function makeRecord() {
  let i = 0
  return () => {
    i = (i + 1) % recordsMade
    return dataOf(i, 128).length + tagsOf(i).length
  }
}

function readOptions() {
  const all = records(128)
  let i = 0
  return () => {
    i = (i + 1) % recordsMade
    return new AppendArguments('disk').read('append', { tags: all[i].tags }).tags.length
  }
}

function add(bytes) {
  const all = records(bytes)
  const target = new Submission()
  let i = 0
  return () => {
    i = (i + 1) % recordsMade
    target.add(1, all[i].data, all[i].tags, 'disk')
    const { size } = target
    if (target.isFull) target.clear()
    return size
  }
}

function addGroup(bytes) {
  const group = records(bytes).slice(0, groupRecords)
  const target = new Submission()
  return () => {
    target.addGroup(1, group, 'disk')
    const { size } = target
    target.clear()
    return size
  }
}
