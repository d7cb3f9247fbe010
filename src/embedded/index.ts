// The log in a directory of this machine, over the native core.

export { type OpenOptions, open } from './open.js'
