// Records as text: a line for people, a line of JSON, or the bytes alone.

import type { LogRecord } from '../index.js'
import { clip, padStart, printable } from './text.js'

export const recordFormats = ['human', 'ndjson', 'raw'] as const
export type RecordFormat = (typeof recordFormats)[number]

/** What one record becomes; `columns` is where a line for people is cut. */
export type FormatRecord = (record: LogRecord<Uint8Array>) => readonly (string | Uint8Array)[]

export function formatterOf(format: RecordFormat, columns: number): FormatRecord {
  if (format === 'raw') return ({ data }) => [data, '\n']
  if (format === 'ndjson') return (record) => [`${jsonLine(record)}\n`]
  return (record) => [`${humanLine(record, columns)}\n`]
}

/**
 * One line of JSON. The data stands under `data` if it is JSON, and just as it is written there, under `text`
 * if it is other UTF-8, and else under `base64`.
 */
export function jsonLine({ seqnum, timestamp, tags, data }: LogRecord<Uint8Array>): string {
  const head = { seqnum, time: new Date(timestamp).toISOString(), tags }
  const text = textOf(data)
  if (text === undefined) return JSON.stringify({ ...head, base64: base64(data) })
  if (!isJson(text)) return JSON.stringify({ ...head, text })
  // Numbers keep all their digits. In JSON a line can only break between its parts.
  return `${JSON.stringify(head).slice(0, -1)},"data":${text.trim().replace(/[\r\n]+/g, ' ')}}`
}

const seqnumWidth = 8
const bytesShown = 16

function humanLine({ seqnum, timestamp, tags, data }: LogRecord<Uint8Array>, columns: number): string {
  const time = new Date(timestamp).toISOString().replace('T', ' ')
  const text = textOf(data)
  const content = text === undefined ? hexOf(data) : printable(text)
  const parts = [padStart(String(seqnum), seqnumWidth), time, tags.map(printable).join(' '), content]
  const line = parts.filter((part) => part !== '').join('  ')
  return columns === Number.POSITIVE_INFINITY ? line : clip(line, columns)
}

function hexOf(data: Uint8Array): string {
  const shown = Buffer.from(data.subarray(0, bytesShown)).toString('hex')
  return `<${data.length} bytes: ${shown}${data.length > bytesShown ? '…' : ''}>`
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(data: Uint8Array): string | undefined {
  try {
    return decoder.decode(data)
  } catch {
    return undefined
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
}
