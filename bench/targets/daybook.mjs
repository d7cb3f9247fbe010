// daybook with its default options: durability 'disk', one book.

import { open } from '../../dist/esm/index.js'

/** @type {import('./target.js').Target} */
export const target = {
  name: 'daybook',
  describe: 'default options (durability disk), one book, one thread',
  open: openStore,
}

/** @param {string} directory */
async function openStore(directory) {
  const log = await open(directory)
  const book = log.book('bench')
  return {
    append: (data, tags) => book.append(data, { tags }),
    appendMany: (items) => book.appendMany(items),
    readNextSync: (tag, from) => book.readNextSync({ tag, from }),
    readNext: (tag, from) => book.readNext({ tag, from }),
    async scan(tag, visit) {
      for await (const records of book.read({ tag }).batches()) for (const record of records) visit(record)
    },
    close: () => log.close(),
  }
}
