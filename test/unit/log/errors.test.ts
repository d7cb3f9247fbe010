import t from 'tap'
import {
  closedError,
  type ErrorCode,
  errorFromCode,
  errorTable,
  invalidArgument,
  isDaybookError,
  notWritten,
  outOfRange,
} from '../../../src/log/errors.js'

const bases = { Error, TypeError, RangeError }

t.test('every code makes the error that the table describes', async (t) => {
  for (const [code, entry] of Object.entries(errorTable)) {
    const cause = new Error('why')
    const error = errorFromCode(code as ErrorCode, 'what happened', { outcome: 'unknown', cause })
    t.ok(isDaybookError(error))
    t.ok(error instanceof bases[entry.base], `${code} is a ${entry.base}`)
    t.equal(error.code, code)
    t.equal(error.retryable, entry.retryable)
    t.equal(error.outcome, 'unknown')
    t.equal(error.cause, cause)
    t.equal(error.message, 'what happened')
    t.match(code, /^ERR_DAYBOOK_[A-Z_]+$/)
    t.ok(entry.when.endsWith('.') && entry.remedy.endsWith('.'), `${code} says when it comes and what to do`)
  }
})

t.test('outcome and cause are left out where there are none', async (t) => {
  const error = errorFromCode('ERR_DAYBOOK_IO', 'the disk failed')
  t.notOk('outcome' in error)
  t.notOk('cause' in error)
  t.equal(error.name, 'DaybookError')
  t.match(error.stack, /^DaybookError: the disk failed\n/)
})

t.test('an error of the other copy of the package is recognised, others are not', async (t) => {
  const foreign = Object.defineProperty(new Error('x'), Symbol.for('daybook.error'), { value: true })
  t.ok(isDaybookError(foreign))
  const lookalike = Object.assign(new Error('x'), { code: 'ERR_DAYBOOK_IO', retryable: false })
  for (const other of [
    new Error('x'),
    lookalike,
    null,
    undefined,
    'ERR_DAYBOOK_IO',
    { code: 'ERR_DAYBOOK_IO' },
  ]) {
    t.notOk(isDaybookError(other))
  }
})

t.test('a bad argument is a TypeError or a RangeError', async (t) => {
  t.ok(invalidArgument('x') instanceof TypeError)
  t.ok(outOfRange('x') instanceof RangeError)
  t.equal(invalidArgument('x').code, outOfRange('x').code)
})

t.test('notWritten adds an outcome where there is none, and makes other errors its cause', async (t) => {
  t.match(notWritten(closedError()), { outcome: 'notWritten' })
  t.match(notWritten(closedError('x', 'unknown')), { outcome: 'unknown' })
  const foreign = new Error('x')
  const wrapped = notWritten(foreign)
  t.match(wrapped, { code: 'ERR_DAYBOOK_INVALID_ARG', outcome: 'notWritten' })
  t.equal(wrapped.cause, foreign)
  t.notOk('outcome' in foreign)
})
