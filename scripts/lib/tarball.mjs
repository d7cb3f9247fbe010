// What may be in the tarball, what must be, and what its binary may ask of a system.

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { platformName } from './platform.mjs'
import { filesUnder, isShippedNative, root } from './project.mjs'
import { must, run } from './step.mjs'

const bytesMax = 10 * 1024 * 1024

/** The newest C library that our binary may ask for: that of RHEL 9, Amazon Linux 2023, Ubuntu 22.04. */
const glibcMax = [2, 34]

/** Shared libraries that are there wherever Node.js is. */
const libraries = /^(libc|libm|libdl|libpthread|libgcc_s|ld-linux[\w-]*|libc\.musl[\w-]*)\.so(\.\d+)*$/

const allowed = [
  /^(package\.json|LICENSE|(README|CHANGELOG|ARCHITECTURE|CONTRIBUTING|SECURITY)\.md|binding\.gyp)$/,
  /^dist\/(esm|cjs)\/[\w/-]+\.(js|cjs|d\.ts|d\.cts|js\.map|cjs\.map)$/,
  /^dist\/cjs\/package\.json$/,
  /^prebuilds\/[a-z0-9]+-[a-z0-9]+(-musl)?\/daybook\.node$/,
  /^native\/((include\/daybook|base|env|log|runtime|binding)\/\w+\.(cc|h)|(binding\/)?sources\.txt)$/,
  /^scripts\/list-sources\.mjs$/,
  /^docs\/[\w/-]+\.(md|svg|json)$/,
]
const refused = [/_test\.|\.test\.|test_support/, /^dist\/.*\/cli\/.*\.d\.ts$/, /^dist\/cjs\/cli\//]

/** What must be there, and by whom it is looked for. */
function required() {
  return [
    ...['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json'],
    ...[
      'dist/esm/index.js',
      'dist/esm/index.d.ts',
      'dist/cjs/index.js',
      'dist/cjs/index.d.ts',
      'dist/cjs/package.json',
    ],
    ...['esm', 'cjs'].flatMap((format) =>
      ['codecs/msgpackr', 'order/index', 'adapters/prom-client'].flatMap((entry) => [
        `dist/${format}/${entry}.js`,
        `dist/${format}/${entry}.d.ts`,
      ]),
    ),
    ...[
      'dist/esm/cli/main.js',
      `prebuilds/${platformName()}/daybook.node`,
      'binding.gyp',
      'scripts/list-sources.mjs',
    ],
    ...filesUnder('native', isShippedNative),
  ]
}

/**
 * @param {string[]} files paths in the package @param {number} size bytes of the tarball
 * @returns {string[]} violations
 */
export function contentProblems(files, size) {
  return [
    ...files
      .filter((file) => !allowed.some((rule) => rule.test(file)) || refused.some((rule) => rule.test(file)))
      .map((file) => `${file} does not belong into the package`),
    ...required()
      .filter((file) => !files.includes(file))
      .map((file) => `${file} is missing`),
    ...(size > bytesMax ? [`the tarball has ${size} bytes, at most ${bytesMax}`] : []),
  ]
}

/**
 * Traces of the machine that built it. @param {string} folder the unpacked package @param {string[]} files
 * @returns {string[]} violations
 */
export function traceProblems(folder, files) {
  return files
    .filter((file) => readFileSync(join(folder, file)).includes(`${root}/`))
    .map((file) => `${file} names the folder that it was built in`)
}

/**
 * @param {string} binary
 * @returns {Promise<{ note: string, problems: string[] }>}
 */
export async function binaryProblems(binary) {
  if (process.platform !== 'linux') return { note: 'not looked into', problems: [] }
  if ((await run('objdump', ['--version'])).code !== 0) return { note: '', problems: ['objdump is missing'] }
  const dynamic = await must('objdump', ['-p', binary])
  const symbols = await must('objdump', ['-T', binary])
  const needed = [...dynamic.matchAll(/NEEDED\s+(\S+)/g)].map((match) => match[1] ?? '')
  const versions = [...symbols.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map((match) => [
    Number(match[1]),
    Number(match[2]),
  ])
  const highest = versions.reduce((a, b) => (isAbove(b, a) ? b : a), [0, 0])
  const sections = await must('objdump', ['-h', binary])
  // DF_1_NOW is 1, DF_1_NODELETE is 8.
  const flags = Number(/FLAGS_1\s+(0x[0-9a-f]+)/.exec(dynamic)?.[1] ?? 0)
  return {
    note: `needs GLIBC_${highest.join('.')}, ${needed.join(', ')}; ${statSync(binary).size} bytes`,
    problems: [
      ...(isAbove(highest, glibcMax)
        ? [`the binary needs GLIBC_${highest.join('.')}, at most ${glibcMax.join('.')}`]
        : []),
      ...needed.filter((name) => !libraries.test(name)).map((name) => `the binary needs ${name}`),
      ...(/\.debug_info/.test(sections) ? ['the binary is not stripped'] : []),
      ...(flags & 8 ? [] : ['the binary may be unloaded under its threads: -z nodelete is missing']),
      ...(flags & 1 && /^\s*RELRO\b/m.test(dynamic) ? [] : ['the binary lacks -z relro or -z now']),
    ],
  }
}

/** @param {number[]} a @param {number[]} b */
const isAbove = ([a = 0, b = 0], [c = 0, d = 0]) => a > c || (a === c && b > d)
