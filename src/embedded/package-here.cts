// The one CommonJS file: only such a file knows its own folder, and has a `require`, in both builds of the
// package. An addon loaded by `require` is one and the same object for both.

const here: { readonly directory: string; readonly require: (path: string) => unknown } = {
  directory: __dirname,
  require,
}

export = here
