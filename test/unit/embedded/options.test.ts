// The two tables of options, C++ and TypeScript, say the same.

import t from 'tap'
import { loadNative } from '../../../src/embedded/native.js'
import { type OptionEntry, openOptions } from '../../../src/log/options.js'

t.test('every option of the engine has the same default and bounds on both sides', async (t) => {
  const native = Object.fromEntries(
    loadNative()
      .logOptions()
      .map(([name, initial, min, max]) => [name, { default: initial, min, max }]),
  )
  const ofTheHandle = [
    'durability',
    'lockTimeout',
    'allowNetworkFileSystem',
    'readOnly',
    'auxPersistent',
    'logger',
  ]
  const described = Object.fromEntries(
    Object.entries<OptionEntry>(openOptions)
      .filter(([name]) => !ofTheHandle.includes(name))
      .map(([name, entry]) => [name, { default: entry.default, min: entry.min, max: entry.max }]),
  )
  t.same(native, described)
})
