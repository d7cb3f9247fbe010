// The name of this platform's binary, as src/embedded/native.ts looks for it.

/** `'glibc'`, `'musl'`, or undefined where there is but one C library. */
export function libc() {
  if (process.platform !== 'linux') return undefined
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  return report.header.glibcVersionRuntime ? 'glibc' : 'musl'
}

/** Folder of this platform's binary under prebuilds/. */
export function platformName() {
  return `${process.platform}-${process.arch}${libc() === 'musl' ? '-musl' : ''}`
}
