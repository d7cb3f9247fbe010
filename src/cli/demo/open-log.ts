// What the demo uses of daybook: the public interface, and nothing else.

export { type EmbeddedBook, type EmbeddedLog, json, open as openLog } from '../../index.js'
