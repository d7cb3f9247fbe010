// What there is to complete: the commands with their arguments and options, as commander knows them.

import type { Argument, Command, Option } from 'commander'

/** What stands in a place: one of some words, a file, a directory, or something that nobody can guess. */
export type Content = readonly string[] | 'file' | 'directory' | 'anything'

export interface OptionNode {
  /** `-b` and `--book`, as far as there are both. */
  readonly flags: readonly string[]
  readonly description: string
  /** Undefined: it takes no value. */
  readonly value: Content | undefined
  readonly isRepeatable: boolean
}

export interface CommandNode {
  readonly name: string
  readonly description: string
  readonly arguments: readonly { readonly name: string; readonly content: Content }[]
  readonly options: readonly OptionNode[]
}

/** The program itself, and then its commands. */
export function commandTree(
  program: Command,
): readonly [root: CommandNode, commands: readonly CommandNode[]] {
  return [nodeOf(program), program.createHelp().visibleCommands(program).map(nodeOf)]
}

function nodeOf(command: Command): CommandNode {
  return {
    name: command.name(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      content: contentOf(argument, argument.name()),
    })),
    options: command.createHelp().visibleOptions(command).map(optionOf),
  }
}

function optionOf(option: Option): OptionNode {
  const takesValue = option.required || option.optional
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: option.description,
    value: takesValue ? contentOf(option, /<(.*)>/.exec(option.flags)?.[1] ?? '') : undefined,
    // Those that gather what they are given have a parser that is called with what came before.
    isRepeatable: (option.parseArg?.length ?? 0) > 1,
  }
}

function contentOf({ argChoices }: Argument | Option, name: string): Content {
  if (argChoices !== undefined) return argChoices
  if (name === 'directory' || name === 'repository') return 'directory'
  return name === 'file' ? 'file' : 'anything'
}
