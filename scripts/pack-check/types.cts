// The declarations as a strict CommonJS program sees them.

import daybook = require('daybook')

export async function first(directory: string): Promise<Uint8Array | undefined> {
  const log: daybook.EmbeddedLog = await daybook.open(directory)
  const record = await log.book('orders').readNext()
  await log.close()
  return record?.data
}
