// The header of a frame as the addon tells it.

export interface FrameHead {
  readonly type: number
  readonly view: number
  readonly physicalLog: number
  readonly shard: number
  readonly firstLocalId: number
  readonly bodyStart: number
  /** Of the whole frame. */
  readonly byteLength: number
}

export function decodeHead(head: Float64Array): FrameHead {
  const [type, view, physicalLog, shard, firstLocalId, bodyStart, byteLength] = head as unknown as number[]
  return { type, view, physicalLog, shard, firstLocalId, bodyStart, byteLength } as FrameHead
}
