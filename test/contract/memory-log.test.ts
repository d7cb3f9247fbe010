import t from 'tap'
import { memoryWorlds } from '../support/log-world.js'
import { logSuite } from './log.suite.js'

logSuite(t, memoryWorlds)
