// Imports go one way (ARCHITECTURE.md): a library never sees which log it runs on, and what is heavy or
// concerns the command line alone is loaded in few places. scripts/lint.mjs runs this over src/, test/ and
// examples/.

const only = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/** The parts of src/, and what each may import beside itself. */
const layers = {
  log: [],
  codecs: ['log'],
  adapters: ['log'],
  embedded: ['log'],
  order: ['log', 'embedded'],
  cluster: ['log', 'embedded', 'order'],
  libs: ['log'],
}

const layering = Object.entries(layers).map(([layer, below]) =>
  only(
    `layer-${layer}`,
    `src/${layer} may import, of src/, ${[layer, ...below].join(', ')}.`,
    { path: `^src/${layer}/` },
    { path: '^src/', pathNot: `^src/(${[layer, ...below].join('|')})/` },
  ),
)

/**
 * Packages, and the only places that may import them. lmdb is for the cluster and for aux data that is kept
 * (src/embedded/aux-database.ts, by its path), piscina for the cluster and for `daybook verify`:
 * dependencies, but nothing on the way of the embedded log loads them unless asked to. commander,
 * cli-progress and lossless-json are for the command line: optional dependencies, so that a plain install
 * has them, who embeds the log may leave them out, and nothing but src/cli knows them. msgpackr and
 * prom-client are optional peers, for who imports `daybook/msgpackr` or `daybook/prom-client`.
 * scripts/pack-check.mjs takes all seven away and runs the log without.
 */
const packages = {
  lmdb: '^(src/cluster/|test/)',
  piscina: '^(src/cluster/|src/cli/verify/|test/)',
  'commander|cli-progress|lossless-json': '^(src/cli/|test/)',
  msgpackr: '^(src/codecs/|test/|bench/)',
  'prom-client': '^(src/adapters/|test/)',
}

const placing = Object.entries(packages).map(([name, places]) =>
  only(
    `place-${name.replaceAll('|', '-')}`,
    `${name.replaceAll('|', ' and ')} may be imported in ${places} alone.`,
    { pathNot: places },
    { path: `(^|/)node_modules/(${name})(/|$)` },
  ),
)

/** What is loaded from outside. */
const entryPoints = 'index|codecs/msgpackr|order/index|adapters/prom-client|cli/main'

module.exports = {
  forbidden: [
    ...layering,
    ...placing,
    only('no-cycles', 'A cycle is one part in two places.', {}, { circular: true }),
    only(
      'no-dead-sources',
      'Every source is part of the package or of its command.',
      { path: `^src/(${entryPoints})\\.ts$` },
      // Entry points: the last ones are started as processes of their own.
      {
        path: '^src/',
        pathNot: `^src/(${entryPoints}|cli/demo/load-writer|cli/verify/part-worker)\\.ts$`,
        reachable: false,
      },
    ),
    only('resolvable', 'Every import leads to something.', {}, { couldNotResolve: true }),
    only(
      'no-undeclared',
      'What the package imports stands in its package.json, and not among the development tools.',
      { path: '^src/' },
      {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
        dependencyTypesNot: ['type-only', 'npm-peer'],
      },
    ),
    only(
      'the-package-through-its-door',
      'Examples use the package as its users do.',
      { path: '^examples/' },
      { path: '^src/(?!index)' },
    ),
    only(
      'sources-know-no-tests',
      'Sources do not import tests, benchmarks or scripts.',
      { path: '^src/' },
      { path: '^(test|bench|scripts|examples)/' },
    ),
    only(
      'one-loader',
      'Only native.ts loads the addon, and aux-database.ts finds lmdb for its thread.',
      { path: '^src/', pathNot: '^src/embedded/(native|aux-database)\\.ts$' },
      { path: '^src/embedded/package-here' },
    ),
    only(
      'order-by-the-loader-alone',
      'src/order takes the loader of the addon and the errors, and nothing of the log in a directory.',
      { path: '^src/order/' },
      { path: '^src/embedded/', pathNot: '^src/embedded/(native|native-error|addon)\\.ts$' },
    ),
    only(
      'in-process-alone',
      'src/log, src/order and src/libs touch no files, sockets, threads or processes.',
      { path: '^src/(log|order|libs)/' },
      {
        dependencyTypes: ['core'],
        path: '^(node:)?(fs|net|tls|http|https|dgram|worker_threads|child_process|cluster)(/|$)',
      },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: `^(node_modules/(?!(${Object.keys(packages).join('|')})/)|dist|build)`,
    },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
}
