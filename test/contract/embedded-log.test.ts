import t from 'tap'
import { embeddedWorlds } from '../support/embedded-world.js'
import { logSuite } from './log.suite.js'

logSuite(t, embeddedWorlds)
