import t from 'tap'
import { openMemory } from '../../../src/log/memory-log.js'
import { callOptions, limitOptions, type OptionEntry, openOptions } from '../../../src/log/options.js'
import { checkNumber, checkValue } from '../../../src/log/validate.js'

const invalid = { code: 'ERR_DAYBOOK_INVALID_ARG' }

t.test('every entry of the tables is complete, and its default within its own bounds', async (t) => {
  for (const [name, entry] of Object.entries<OptionEntry>({ ...openOptions, ...callOptions })) {
    t.ok(entry.meaning.length > 0 && entry.cost.length > 0, name)
    if (typeof entry.default === 'number') t.equal(checkNumber(name, entry.default, entry), entry.default)
    if (typeof entry.default === 'string')
      t.equal(checkValue(name, entry.default, entry.values ?? []), entry.default)
    if (entry.unit !== '') t.ok(entry.min !== undefined && entry.max !== undefined, `${name} has bounds`)
  }
})

t.test('numbers are taken at their bounds and refused beyond', async (t) => {
  const entry: OptionEntry = { default: 5, unit: 'bytes', min: 2, max: 9, meaning: 'x', cost: 'x' }
  t.equal(checkNumber('n', 2, entry), 2)
  t.equal(checkNumber('n', 9, entry), 9)
  for (const value of [1, 10, 2.5, Number.NaN, Number.POSITIVE_INFINITY, -5]) {
    t.throws(() => checkNumber('n', value, entry), {
      ...invalid,
      message: /n must be an integer from 2 to 9 bytes/,
    })
  }
  for (const value of ['5', 5n, null, undefined, { valueOf: () => 5 }]) {
    t.throws(() => checkNumber('n', value, entry), invalid)
  }
  const open: OptionEntry = { ...entry, max: Number.POSITIVE_INFINITY }
  t.equal(checkNumber('n', Number.POSITIVE_INFINITY, open), Number.POSITIVE_INFINITY)
  t.equal(checkNumber('n', 2 ** 40, open), 2 ** 40)
})

t.test('the in-memory log takes every limit at both of its bounds', async (t) => {
  for (const [name, { min, max }] of Object.entries(limitOptions)) {
    for (const value of [min, max]) await (await openMemory({ [name]: value })).close()
    for (const value of [min - 1, max + 1]) await t.rejects(openMemory({ [name]: value }), invalid)
  }
})
