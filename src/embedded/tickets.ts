// Appends and trims that wait to be settled, in the order in which they were made.

/** One append, group or trim. */
export interface Ticket {
  /** Records of it; 0 for a trim. */
  readonly records: number
  /** Bytes that it holds of maxPendingBytes. */
  readonly bytes: number
  /** Gets the seqnum of its first record, and how many there are. */
  readonly resolve: (firstSeqnum: number, records: number) => void
  readonly reject: (error: unknown) => void
}

/** Above this many settled tickets in front, the queue is moved to the beginning of its array. */
const compactAt = 4096

/** First in, first out. */
export class TicketQueue {
  #tickets: (Ticket | undefined)[] = []
  #head = 0
  #bytes = 0
  #records = 0

  get length(): number {
    return this.#tickets.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  get records(): number {
    return this.#records
  }

  push(ticket: Ticket): void {
    this.#tickets.push(ticket)
    this.#bytes += ticket.bytes
    this.#records += ticket.records
  }

  shift(): Ticket | undefined {
    const ticket = this.#tickets[this.#head]
    if (ticket === undefined) return undefined
    this.#tickets[this.#head++] = undefined
    this.#bytes -= ticket.bytes
    this.#records -= ticket.records
    if (this.#head === this.#tickets.length) {
      this.#tickets.length = 0
      this.#head = 0
    } else if (this.#head > compactAt && this.#head * 2 > this.#tickets.length) {
      this.#tickets.splice(0, this.#head)
      this.#head = 0
    }
    return ticket
  }

  /** The newest one, taken back. */
  pop(): Ticket | undefined {
    if (this.length === 0) return undefined
    const ticket = this.#tickets.pop()
    if (ticket === undefined) return undefined
    this.#bytes -= ticket.bytes
    this.#records -= ticket.records
    return ticket
  }
}
