// kill -9 under load, with no append flushed.

import t from 'tap'
import { killRounds, timeoutMs } from './kill/rounds.js'

t.setTimeout(timeoutMs)

t.test('a killed writer loses nothing that was acknowledged by the operating system', (t) =>
  killRounds(t, { lanes: 2, durabilities: ['os'] }),
)
