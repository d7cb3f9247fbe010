// `daybook completion`: a script that makes a shell complete the command line.

import { Argument, type Command } from 'commander'
import { examples } from '../arguments.js'
import { bashCompletion } from '../completion/bash.js'
import { commandTree } from '../completion/command-tree.js'
import { fishCompletion } from '../completion/fish.js'
import { zshCompletion } from '../completion/zsh.js'
import type { Context } from '../context.js'

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

export function registerCompletion(program: Command, context: Context): void {
  const command = program
    .command('completion')
    .description('Print a script that completes commands and options in a shell.')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells) => {
      context.stdout.write(shells[shell](...commandTree(program)))
    })
  examples(command, [
    ['source <(daybook completion bash)', 'for this session; or in ~/.bashrc'],
    ['daybook completion zsh > ~/.zfunc/_daybook', 'for good, if that is a directory of $fpath'],
    ['daybook completion fish > ~/.config/fish/completions/daybook.fish', 'for good'],
  ])
}
