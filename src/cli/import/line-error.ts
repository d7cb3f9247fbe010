/** Why a line cannot become a record. The message holds none of its content but the names of fields. */
export class LineError extends Error {
  override readonly name = 'LineError'
}
