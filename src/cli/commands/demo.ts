// `daybook demo`: real input into a log on this machine, read back by tag; the writer killed; rates.

import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { number } from '../arguments.js'
import type { Context } from '../context.js'
import { chooseInput } from '../demo/choose-input.js'
import { type ImportResult, importItems } from '../demo/importer.js'
import { type Input, monthPrefix } from '../demo/input.js'
import { showKill } from '../demo/kill.js'
import { showLive } from '../demo/live.js'
import { type EmbeddedBook, json, openLog } from '../demo/open-log.js'
import { showRates } from '../demo/rates.js'
import { Report } from '../demo/report.js'
import { countRecords, showLast, showMonths, showTimeline } from '../demo/timeline.js'
import { createWorkspace, type Workspace } from '../demo/workspace.js'
import { UsageError } from '../failure.js'
import { createProgress, type Progress } from '../progress.js'
import { count, counted, duration, rate } from '../text.js'

interface DemoOptions {
  readonly dir?: string | undefined
  readonly commits: number
  readonly keep?: boolean | undefined
  /** Of each measurement. */
  readonly seconds: number
}

const packageRoot = resolve(fileURLToPath(new URL('../../../../', import.meta.url)))

const commitsDefault = 10_000
const secondsMax = 10

export function registerDemo(program: Command, context: Context): void {
  program
    .command('demo')
    .description('Import the history of a git repository into a log, and show what the log is for.')
    .argument(
      '[repository]',
      'a directory in a git repository; without git history its files are used (default: .)',
    )
    .option('--dir <directory>', 'where the log goes; it is kept (default: a temporary directory)')
    .option('--commits <n>', 'import the newest <n> commits', number(1, 1e9), commitsDefault)
    .option('--keep', 'keep the temporary directory')
    .option('--seconds <n>', 'how long each measurement takes', number(0.05, secondsMax, false), 1)
    .action(async (repository: string | undefined, options: DemoOptions) => {
      context.exitCode = await demo(repository, options, context)
    })
}

/** Resolves to the exit code: 0, or 1 if a check failed. */
async function demo(
  repository: string | undefined,
  options: DemoOptions,
  { stdout, stderr, version, signal }: Context,
): Promise<number> {
  const path = resolve(repository ?? '.')
  await checkDirectory(path)
  const progress = await createProgress(stderr)
  const workspace = await createWorkspace(options.dir, options.keep ?? false)
  const report = new Report(stdout)
  try {
    report.title(`daybook ${version}: an embedded shared log, shown on real input`)
    await showHistory(report, progress, workspace, path, options, signal)
    await showKill(report, progress, join(workspace.scratch, 'kill'), options.seconds, signal)
    await showRates(report, progress, join(workspace.scratch, 'rates'), options.seconds, signal)
    if (workspace.isInMemory) report.note(`${workspace.root} is in memory: on a disk, appends take longer`)
    conclude(report, workspace)
    return report.failed === 0 ? 0 : 1
  } finally {
    progress.end()
    await workspace.dispose(report.failed > 0)
  }
}

async function checkDirectory(path: string): Promise<void> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `cannot open ${path}: ${error.code === 'ENOENT' ? 'no such directory' : error.message}`,
    )
  })
  if (!stats.isDirectory()) throw new UsageError(`${path} is not a directory`)
}

/** Imports the input and shows what the log answers about it. */
async function showHistory(
  report: Report,
  progress: Progress,
  workspace: Workspace,
  path: string,
  options: DemoOptions,
  signal: AbortSignal,
): Promise<void> {
  report.section('Import')
  const { input, reason } = await chooseInput(path, options.commits, packageRoot, signal)
  if (reason !== undefined) report.note(reason)
  report.line(`from  ${input.description}`)
  report.line(`into  ${workspace.history}, log book '${input.book}'`)
  for (const note of input.notes) report.note(note)
  const log = await openLog(workspace.history)
  try {
    const book = log.book(input.book, { codec: json<unknown>() })
    const before = await countRecords(book)
    progress.begin(`importing ${input.noun[1]}`, input.total)
    const result = await importItems(log, book, input, (items) => progress.update(items), signal)
    progress.end()
    await showImport(report, book, input, result, before)
    await showAnswers(report, book, input, result)
    await showLive(report, log, signal)
  } finally {
    progress.end()
    await log.close()
  }
}

async function showImport(
  report: Report,
  book: EmbeddedBook<unknown>,
  input: Input,
  result: ImportResult,
  before: number,
): Promise<void> {
  const { appended, known, tags, crowded, leftOut, shortened, milliseconds, problem } = result
  const speed = `${duration(milliseconds)} (${rate((appended * 1000) / milliseconds)}/s)`
  if (appended > 0 || known === 0) {
    report.line(
      `${counted(appended, input.noun)} with ${count(tags)} tags made durable in ${speed}, oldest first`,
    )
  }
  if (known > 0) report.note(`${counted(known, input.noun)} were in the log already, from an earlier run`)
  if (problem !== undefined) report.note(`${problem}; what came before that is imported`)
  if (leftOut > 0) {
    report.note(
      `${counted(crowded, input.noun)} had more names than a record can have tags (256): ` +
        `${count(leftOut)} files are without a tag there`,
    )
  }
  if (shortened > 0)
    report.note(
      `${counted(shortened, ['name', 'names'])} cut to fit into a tag (255 bytes), with a digest at the end`,
    )
  const found = await countRecords(book)
  report.check(
    found === before + appended,
    `${counted(found, input.noun)} in the log book, counted by a scan`,
  )
}

async function showAnswers(
  report: Report,
  book: EmbeddedBook<unknown>,
  input: Input,
  { tallies }: ImportResult,
): Promise<void> {
  const tops: string[] = []
  for (const view of input.views) {
    const tag = tallies.get(view.prefix)?.top()
    if (tag === undefined) continue
    tops.push(tag)
    await showTimeline(report, book, input, view, tag)
  }
  if (tops.length > 0) showLast(report, book, input, tops)
  const months = tallies.get(monthPrefix)
  if (months?.top() !== undefined) await showMonths(report, book, input, months)
}

function conclude(report: Report, workspace: Workspace): void {
  const { held, failed } = report
  report.section('Where to go next')
  if (failed > 0) {
    report.check(false, `${failed} of ${held + failed} checks failed; all logs are left in ${workspace.root}`)
    return
  }
  report.check(true, `all ${held} checks held`)
  if (workspace.isKept) report.line(`The imported log is kept: open('${workspace.history}')`)
  else report.line('The logs are removed now; --keep or --dir <directory> keeps the imported one.')
  report.line('The same in ten lines of your own code: README.md.')
  report.line('What is promised, and the test that shows it: docs/guarantees.md.')
}
