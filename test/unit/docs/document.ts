// Reads the documents of the project, for the tests that compare them with the code.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../../', import.meta.url)

/** Absolute path of something in the project. */
export function at(path: string): string {
  return fileURLToPath(new URL(path, root))
}

export function read(path: string): string {
  return readFileSync(at(path), 'utf8')
}

/** Every document but the formats, which have tests beside the codecs. */
export function documents(): string[] {
  const inFolder = (folder: string) =>
    readdirSync(at(folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => (folder === '.' ? name : `${folder}/${name}`))
  return ['.', 'docs', 'docs/decisions'].flatMap(inFolder).sort()
}

/** The text under a heading, up to the next heading of its level or above. */
export function section(text: string, heading: string): string {
  const lines = text.split('\n')
  const start = lines.indexOf(heading)
  if (start < 0) throw new Error(`there is no heading "${heading}"`)
  const level = heading.indexOf(' ')
  const isNext = (line: string) => /^#+ /.test(line) && line.indexOf(' ') <= level
  const length = lines.slice(start + 1).findIndex(isNext)
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n')
}

/** The rows of the first table in a text, without its head, as trimmed cells. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n')
  const head = lines.findIndex((line) => line.startsWith('|'))
  const rows = lines.slice(head < 0 ? lines.length : head + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end < 0 ? undefined : end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** What stands in `code`, line by line outside of code blocks. */
export function codeSpans(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string)
}

/** The lines of code blocks. */
export function codeLines(text: string): string[] {
  return [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].flatMap((match) => (match[1] as string).split('\n'))
}
