// The rules that no linter knows, as a test: layers, lists, sizes, links. Each is a file in scripts/tidy/.
//
//   node scripts/tidy.mjs

import * as links from './tidy/links.mjs'
import * as nativeIncludes from './tidy/native-includes.mjs'
import * as nativeSources from './tidy/native-sources.mjs'
import * as text from './tidy/text.mjs'
import * as typescript from './tidy/typescript.mjs'

let failed = 0
for (const rule of [nativeIncludes, nativeSources, typescript, text, links]) {
  const violations = rule.check()
  if (violations.length === 0) {
    console.log(`ok      ${rule.name}`)
  } else {
    failed++
    console.log(`not ok  ${rule.name}`)
    for (const violation of violations) console.log(`        ${violation}`)
  }
}
process.exitCode = failed === 0 ? 0 : 1
