// The command line in the process of the test: quicker than a process of its own, which test/e2e has.

import { Readable, Writable } from 'node:stream'
import type { Context } from '../../src/cli/context.js'
import { explain } from '../../src/cli/error-line.js'
import { run } from '../../src/cli/program.js'

/** Runs `daybook` with these arguments and an empty standard input. */
export async function daybook(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new Gathered(), new Gathered()]
  const signal = new AbortController().signal
  const context: Context = { stdin: Readable.from([]), stdout, stderr, version: '1.2.3', signal, exitCode: 0 }
  const code = await run(args, context).catch((error: unknown) => explain(error, stderr))
  return { code, stdout: stdout.text, stderr: stderr.text }
}

class Gathered extends Writable {
  text = ''

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
