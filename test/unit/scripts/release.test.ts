// What a release is made from: the changelog, the workflows, and where binaries are looked for.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { loadFor } from '../../../src/embedded/native.js'
import { isDaybookError } from '../../../src/log/errors.js'

interface Job {
  readonly permissions?: Record<string, string>
  readonly strategy?: { readonly matrix: { readonly include?: { readonly name: string }[] } }
  readonly steps: { readonly uses?: string; readonly run?: string }[]
}

interface Workflow {
  readonly name: string
  readonly permissions?: Record<string, string>
  readonly jobs: Record<string, Job>
}

const project = new URL('../../../', import.meta.url)
const at = (path: string) => fileURLToPath(new URL(path, project))
const read = (path: string) => readFileSync(at(path), 'utf8')
const { platforms, released, changelogProblems } = (await import(at('scripts/lib/changelog.mjs'))) as {
  platforms: string[]
  released: (text: string, version: string, date: string) => string
  changelogProblems: (text: string, version: string) => string[]
}
const workflows = new Map(
  readdirSync(at('.github/workflows')).map((file) => [
    file,
    parse(read(`.github/workflows/${file}`)) as Workflow,
  ]),
)

const before =
  '# Changelog\n\n## [Unreleased] 0.2.0\n\n### Added\n\n- $& it\n\n## [0.1.0] - 2026-01-01\n\n- all\n'

t.test('what is unreleased becomes the version, and nothing else changes', async (t) => {
  const after = released(before, '0.2.0', '2026-02-03')
  t.equal(after, before.replace(' 0.2.0\n', '\n\n## [0.2.0] - 2026-02-03\n'))
  t.same(changelogProblems(after, '0.2.0'), [])
  t.match(changelogProblems(after, '0.1.0'), [/newest version .* not 0\.1\.0/])
  t.match(changelogProblems(before, '0.2.0'), [/no heading \[0\.2\.0\]/])
  t.match(changelogProblems(after, '0.2'), [/no heading/], 'part of a number is none')
})

t.test('a release without words, or of a version that is there, is refused', async (t) => {
  t.throws(() => released(released(before, '0.2.0', '2026-02-03'), '0.3.0', '2026-02-04'), /is empty/)
  t.throws(() => released(before, '0.1.0', '2026-02-03'), /already/)
  t.throws(() => released('# Changelog\n', '0.1.0', '2026-02-03'), /no part/)
})

t.test('the changelog of this project can be released', async (t) => {
  t.match(released(read('CHANGELOG.md'), '99.0.0', '2026-02-03'), /^## \[99\.0\.0\] - 2026-02-03$/m)
})

t.test('a release has a binary for each place where one is looked for', async (t) => {
  const built = workflows.get('release.yml')?.jobs['binary']?.strategy?.matrix.include ?? []
  t.same(built.map(({ name }) => name).sort(), platforms)
  for (const name of platforms) {
    const [platform = '', arch = '', musl] = name.split('-')
    const host = { platform: platform as NodeJS.Platform, arch, isMusl: () => musl !== undefined }
    try {
      loadFor({ ...host, root: t.testdirName, nativePath: undefined })
      t.fail('there is none')
    } catch (error) {
      t.ok(isDaybookError(error) && error.message.includes(`prebuilds/${name}/daybook.node`), name)
    }
  }
})

t.test('workflows may read and nothing more; one job may say to npm who it is', async (t) => {
  t.ok(workflows.has('ci.yml') && workflows.has('nightly.yml'))
  for (const [file, { permissions, jobs }] of workflows) {
    t.same(permissions, { contents: 'read' }, file)
    for (const [name, job] of Object.entries(jobs)) {
      const own =
        file === 'release.yml' && name === 'publish' ? { contents: 'read', 'id-token': 'write' } : undefined
      t.same(job.permissions, own, `${file}, ${name}`)
    }
    t.notMatch(read(`.github/workflows/${file}`), /secrets\./, `${file} needs no stored token`)
  }
})

t.test('workflows run what there is, by actions of a known version', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const [file, { jobs }] of workflows) {
    for (const { uses, run } of Object.values(jobs).flatMap(({ steps }) => steps)) {
      if (uses !== undefined) t.match(uses, /^actions\/[\w-]+@(v\d+|[0-9a-f]{40})$/, file)
      for (const [, script = ''] of (run ?? '').matchAll(/npm run ([\w:]+)/g)) t.ok(script in scripts, script)
      for (const [, path = ''] of (run ?? '').matchAll(/\bnode (scripts\/[\w/.-]+)/g))
        t.ok(read(path) !== '', path)
    }
  }
})
