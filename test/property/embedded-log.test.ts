// The log in a directory against the reference model: the same random commands, reopenings included.

import t from 'tap'
import { embeddedWorlds } from '../support/embedded-world.js'
import { memoryWorlds } from '../support/log-world.js'
import { drives } from './drives.js'

t.test('the embedded log behaves like the in-memory log', async (t) => {
  await drives(memoryWorlds, embeddedWorlds, { runs: 60 })
  t.pass('all sequences gave the same answers')
})
