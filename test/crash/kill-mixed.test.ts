// kill -9 under load, with some appends flushed and some not, and several flushes in flight.

import t from 'tap'
import { killRounds, timeoutMs } from './kill/rounds.js'

t.setTimeout(timeoutMs)

t.test('a killed writer loses nothing, whatever was flushed, in several lanes', (t) =>
  killRounds(t, { lanes: 3, durabilities: ['disk', 'os'] }),
)
