// The changelog as a release needs it, and the platforms that a release has binaries for.

import { StepError } from './step.mjs'

/** Folders under prebuilds/, as platform.mjs names them and src/embedded/native.ts looks for them. */
export const platforms = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64',
  'linux-arm64-musl',
  'linux-x64',
  'linux-x64-musl',
]

const unreleased = /^## \[Unreleased\].*$/m

/**
 * The text in which what is unreleased has become `version`, and a new, empty part stands above it.
 * @param {string} text @param {string} version @param {string} date as in 2026-01-31
 */
export function released(text, version, date) {
  if (headingOf(text, version)) throw new StepError(`The changelog has a version ${version} already.`)
  const heading = unreleased.exec(text)
  if (!heading) throw new StepError('The changelog has no part [Unreleased].')
  const rest = text.slice(heading.index + heading[0].length)
  const end = rest.search(/^## /m)
  const part = (end < 0 ? rest : rest.slice(0, end)).trim()
  if (part === '')
    throw new StepError('The changelog says nothing of what is released: [Unreleased] is empty.')
  return text.replace(unreleased, () => `## [Unreleased]\n\n## [${version}] - ${date}`)
}

/** @param {string} text @param {string} version */
function headingOf(text, version) {
  const escaped = version.replaceAll('.', '\\.')
  return new RegExp(`^## \\[${escaped}\\] - \\d{4}-\\d{2}-\\d{2}$`, 'm').exec(text)
}

/**
 * What keeps this text from being the changelog of a release.
 * @param {string} text @param {string} version @returns {string[]}
 */
export function changelogProblems(text, version) {
  const heading = headingOf(text, version)
  if (!heading) return [`The changelog has no heading [${version}] with a date.`]
  const first = /^## \[(?!Unreleased\]).*$/m.exec(text)
  return first?.[0] === heading[0] ? [] : [`The newest version in the changelog is not ${version}.`]
}
