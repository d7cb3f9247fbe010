// The one CommonJS file: only such a file knows its own folder, and has a `require`, in both builds of the
// package. An addon loaded by `require` is one and the same object for both.

interface Here {
  readonly directory: string
  readonly require: (path: string) => unknown
  /** Absolute path of the main file of a package, in its CommonJS form. */
  readonly resolve: (name: string) => string
}

const here: Here = { directory: __dirname, require, resolve: require.resolve }

export = here
