// Prepares a release, and checks what is about to be published. Publishes nothing: that is the work of
// .github/workflows/release.yml, which a pushed tag starts.
//
//   node scripts/release.mjs <version | major | minor | patch>    sets version and changelog, says what to do
//   node scripts/release.mjs --verify                             in the workflow, with all binaries at hand

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { changelogProblems, platforms, released } from './lib/changelog.mjs'
import { at, readPackage } from './lib/project.mjs'
import { isMain, must, runMain, StepError } from './lib/step.mjs'
import { npm } from './lib/toolchain.mjs'

/** @param {string[]} problems */
function refuse(problems) {
  if (problems.length > 0) throw new StepError(problems.join('\n'))
}

/** @param {string} wanted */
async function prepare(wanted) {
  const changes = await must('git', ['status', '--porcelain'])
  if (changes !== '') throw new StepError(`Commit first what you have changed:\n${changes.trimEnd()}`)
  const { command, args } = npm()
  const flags = ['--no-git-tag-version', '--allow-same-version', '--ignore-scripts']
  // Sets it in package.json and package-lock.json.
  await must(command, [...args, 'version', wanted, ...flags])
  const { version } = readPackage()
  const today = new Date().toISOString().slice(0, 10)
  try {
    writeFileSync(at('CHANGELOG.md'), released(readFileSync(at('CHANGELOG.md'), 'utf8'), version, today))
  } catch (error) {
    await must('git', ['checkout', '--', 'package.json', 'package-lock.json'])
    throw error
  }
  console.log(`This will be version ${version}. Look at the changes (git diff), then:

  npm run ci                                    everything must be green
  git commit --all --message 'Release ${version}'
  git tag --annotate v${version} --message 'daybook ${version}'
  git push --atomic origin HEAD v${version}           starts the release workflow

If the format of the files has changed since the last release, make its golden logs first: npm run fixtures.`)
}

function verify() {
  const { version, repository } = readPackage()
  const tag = process.env['DAYBOOK_RELEASE_TAG'] ?? ''
  const missing = platforms.filter((name) => !existsSync(at('prebuilds', name, 'daybook.node')))
  const problems = missing.map((name) => `There is no binary for ${name}.`)
  if (tag !== '') {
    if (tag !== `v${version}`) problems.push(`The tag is ${tag}, the version of the package ${version}.`)
    // npm compares it with where the tarball was built.
    if (!repository?.url)
      problems.push('package.json does not name the repository; without it no provenance.')
    problems.push(...changelogProblems(readFileSync(at('CHANGELOG.md'), 'utf8'), version))
  }
  refuse(problems)
  console.log(`Version ${version}${tag ? '' : ', not tagged'}, binaries for ${platforms.join(', ')}.`)
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const [job] = process.argv.slice(2)
    if (job === undefined)
      throw new StepError('Say which version: node scripts/release.mjs <version | minor | …>')
    if (job === '--verify') verify()
    else await prepare(job)
  })
}
