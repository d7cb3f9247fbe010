// `daybook verify`: every checksum of a log, and what is damaged.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { isDaybookError } from '../../index.js'
import { directoryArgument, examples } from '../arguments.js'
import type { Context } from '../context.js'
import { errorLine } from '../error-line.js'
import { exitCodes } from '../failure.js'
import { checkLog } from '../open-log.js'
import { createProgress } from '../progress.js'
import { count, counted, printable, size } from '../text.js'
import type { Damage, Verdict } from '../verify/verify-log.js'

export function registerVerify(program: Command, context: Context): void {
  const command = program
    .command('verify')
    .description('Check every checksum of a log, and explain what is damaged. Writes nothing.')
    .argument(...directoryArgument)
    .option('--json', 'as JSON')
    .action(async (directory: string, { json = false }: { json?: boolean }) => {
      await checkLog(directory)
      const { stdout, stderr, signal } = context
      // Threads are for this command alone.
      const { verifyLog } = await import('../verify/verify-log.js')
      const progress = await createProgress(stderr, { inTerminalOnly: true })
      const verdict = await verifyLog(resolve(directory), progress, signal).catch((error: unknown) => {
        if (!isDaybookError(error) || error.code !== 'ERR_DAYBOOK_CORRUPT') throw error
        // Without a manifest nobody can say what belongs to the log.
        stderr.write(`daybook: ${errorLine(error)}\n`)
      })
      if (verdict === undefined) {
        context.exitCode = exitCodes.damaged
        return
      }
      stdout.write(json ? `${JSON.stringify(verdict)}\n` : verdictText(verdict))
      if (!verdict.sound) context.exitCode = exitCodes.damaged
    })
  examples(command, [
    ['daybook verify data', 'exit code 0: sound, 3: damaged'],
    ["daybook verify data --json | jq '.damage[]'", 'each damage'],
  ])
}

function verdictText(verdict: Verdict): string {
  const { segments, runs, bytes, batches, records, indexed, lastBatch, nextSeqnum, closedProperly } = verdict
  const { damage, notes } = verdict
  const lines = [
    `${counted(segments, ['segment', 'segments'])}, ${size(bytes)}: ` +
      `${counted(records, ['record', 'records'])} in ${counted(batches, ['batch', 'batches'])}`,
    ...(runs === 0
      ? []
      : [
          `${counted(runs, ['index run', 'index runs'])}, ` +
            `compared with ${counted(indexed, ['record', 'records'])}`,
        ]),
    `batches are in order up to ${count(lastBatch)}; the next seqnum is ${nextSeqnum} or higher`,
    ...(closedProperly ? [] : ['the log was not closed by its last process; the next opening recovers it']),
    ...notes.map((note) => `note: ${note}`),
    ...damage.map(damageText),
    damage.length === 0
      ? 'sound: every checksum holds'
      : `damaged: ${counted(damage.length, ['place', 'places'])}`,
  ]
  return lines.map((line) => `${printable(line)}\n`).join('')
}

function damageText({ file, offset, seqnums, mendable, what }: Damage): string {
  const mended = mendable ? ', and it will be made again' : ''
  return `damage: ${file}, offset ${offset}: ${what}; ${lossText(seqnums)}${mended}`
}

function lossText(seqnums: Damage['seqnums']): string {
  if (seqnums === null) return 'no record is lost'
  const { first, last } = seqnums
  if (last === null) return `seqnums from ${first} on may be lost`
  return first === last ? `at most seqnum ${first} is lost` : `at most seqnums ${first} to ${last} are lost`
}
