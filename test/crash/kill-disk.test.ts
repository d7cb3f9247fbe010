// kill -9 under load, with every append flushed.

import t from 'tap'
import { killRounds, timeoutMs } from './kill/rounds.js'

t.setTimeout(timeoutMs)

t.test('a killed writer loses nothing that was acknowledged as on the disk', (t) =>
  killRounds(t, { lanes: 1, durabilities: ['disk'] }),
)
