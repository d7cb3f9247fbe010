// What documents refer to is there: tests, files, commands, pages. (Links are checked by scripts/tidy.mjs.)

import { existsSync, readdirSync } from 'node:fs'
import t from 'tap'
import { at, codeLines, codeSpans, documents, read, section, tableRows } from './document.js'

/** `file`, and the names of tests that a list item of guarantees.md gives for it. */
interface Evidence {
  readonly path: string
  readonly names: readonly string[]
}

/** List items of the form: - `path`: `Suite.Name`, "a title", … over any number of lines. */
function evidenceIn(text: string): Evidence[] {
  return [...text.matchAll(/^- `((?:native|test)\/[^`]+)`:\s+((?:.+\n)(?: {2}.+\n)*)/gm)].map(
    ([, path, list]) => ({
      path: path as string,
      names: [...(list as string).replace(/\n\s+/g, ' ').matchAll(/`([^`]+)`|"([^"]+)"/g)].map(
        ([, native, title]) => (native ?? title) as string,
      ),
    }),
  )
}

/** Is a test of this name in the source? Titles may go on with something that is filled in. */
function hasTest(source: string, path: string, name: string): boolean {
  if (path.endsWith('.cc')) {
    const [suite = '', test = ''] = name.split('.')
    return new RegExp(`\\bTEST(_F|_P)?\\(${suite}, ${test}\\)`).test(source)
  }
  return source.includes(`'${name}'`) || source.includes(`\`${name} \${`) || source.includes(`\`${name} (\${`)
}

t.test('every promise in guarantees.md has tests, and they exist', async (t) => {
  const text = read('docs/guarantees.md')
  const promises = text.split(/^(?=\*\*[A-Z]\d\. )/m).slice(1)
  t.ok(promises.length > 15)
  for (const promise of promises) {
    const [, id = ''] = /^\*\*([A-Z]\d)\./.exec(promise) ?? []
    const evidence = evidenceIn(promise)
    t.ok(evidence.length > 0, `${id} has a test`)
    for (const { path, names } of evidence) {
      const source = existsSync(at(path)) ? read(path) : ''
      t.ok(names.length > 0, `${id}: ${path} with the name of a test`)
      for (const name of names) t.ok(hasTest(source, path, name), `${id}: ${path}: ${name}`)
    }
  }
  const listed = text.match(/^- `(native|test)\//gm) ?? []
  const understood = promises.flatMap(evidenceIn)
  t.equal(understood.length, listed.length, 'no list of tests was overlooked')
})

t.test('a test that is not there would be noticed', async (t) => {
  const source = "scenario('a title', …)\nTEST_F(SuiteTest, AName) {\nt.test(`filled in ($" + '{x})`'
  t.ok(hasTest(source, 'a.ts', 'a title'))
  t.notOk(hasTest(source, 'a.ts', 'a titl'))
  t.ok(hasTest(source, 'a.ts', 'filled in'))
  t.ok(hasTest(source, 'a.cc', 'SuiteTest.AName'))
  t.notOk(hasTest(source, 'a.cc', 'SuiteTest.ANam'))
  t.notOk(hasTest(source, 'a.cc', 'OtherTest.AName'))
  const text = '- `test/a.ts`: "one",\n  "two"\n- `native/b.cc`: `S.N`\n- other\n'
  t.same(evidenceIn(text), [
    { path: 'test/a.ts', names: ['one', 'two'] },
    { path: 'native/b.cc', names: ['S.N'] },
  ])
})

t.test('files and folders that documents name are there', async (t) => {
  for (const document of documents()) {
    const spans = codeSpans(read(document))
    const paths = spans.filter((span) =>
      /^(native|src|test|scripts|docs|examples|bench)\/[\w./-]*$/.test(span),
    )
    for (const path of paths) t.ok(existsSync(at(path)), `${document}: ${path}`)
  }
})

t.test('commands that documents name are scripts of the package', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const document of documents()) {
    const text = read(document)
    for (const line of [...codeSpans(text), ...codeLines(text)]) {
      for (const [, run, short] of line.matchAll(/\bnpm (?:run (?:--silent )?([\w:]+)|(start|test)\b)/g)) {
        t.ok((run ?? short ?? '') in scripts, `${document}: ${line}`)
      }
    }
  }
})

t.test('the map shows every folder of the sources and tests', async (t) => {
  const folders = tableRows(section(read('ARCHITECTURE.md'), '## Folders')).map(([folder = '']) => folder)
  for (const parent of ['native', 'src', 'test']) {
    const children = readdirSync(at(parent), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    for (const { name } of children) {
      const isShown = folders.some((folder) => folder.includes(`\`${parent}/${name}/`))
      t.ok(isShown, `${parent}/${name}/`)
    }
  }
})

t.test('the index of documents and that of decisions leave nothing out', async (t) => {
  const index = read('docs/README.md')
  for (const document of documents()) {
    const isInside = document.startsWith('docs/')
    const target = isInside ? document.slice('docs/'.length) : `../${document}`
    if (document === 'docs/README.md' || /^docs\/decisions\/\d/.test(document)) continue
    t.ok(index.includes(`](${target})`), document)
  }
  const decisions = read('docs/decisions/README.md')
  for (const document of documents().filter((path) => /^docs\/decisions\/\d/.test(path))) {
    const [, name = '', number = ''] = /\/((\d{3})-.*)$/.exec(document) ?? []
    const text = read(document)
    const [, title = ''] = new RegExp(`^# ${number}: (.+)\\n`).exec(text) ?? []
    t.not(title, '', `${document} begins with its number and title`)
    t.ok(decisions.includes(`[${number}](${name})`), document)
    t.ok(text.split('\n').length <= 41, `${document} is short`)
    for (const part of ['Context', 'Decision', 'Consequences'])
      t.ok(text.includes(`\n## ${part}\n`), document)
  }
})

t.test('the version is the one in the changelog', async (t) => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  t.match(read('CHANGELOG.md'), new RegExp(`^## .*${version.replaceAll('.', '\\.')}`, 'm'))
})
