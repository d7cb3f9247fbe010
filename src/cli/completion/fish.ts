// Completion for fish.

import type { CommandNode, Content, OptionNode } from './command-tree.js'

export function fishCompletion(root: CommandNode, commands: readonly CommandNode[]): string {
  const line = (condition: string, rest: string): string =>
    `complete -c ${root.name} -n ${word(condition)} ${rest}`
  const first = '__fish_use_subcommand'
  return [
    `# Completion of ${root.name} for fish: put it into ~/.config/fish/completions/${root.name}.fish`,
    '',
    `complete -c ${root.name} -f`,
    ...root.options.map((option) => line(first, optionOf(option))),
    ...commands.map(({ name, description }) => line(first, `-a ${name} -d ${word(description)}`)),
    ...commands.flatMap(({ name, arguments: places, options }) => {
      const contents = new Set(places.map(({ content }) => contentOf(content)).filter((text) => text !== ''))
      return [...options.map(optionOf), ...contents].map((rest) =>
        line(`__fish_seen_subcommand_from ${name}`, rest),
      )
    }),
    '',
  ].join('\n')
}

function optionOf({ flags, description, value }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  const content = value === undefined ? '' : ` -r${value === 'anything' ? ' -f' : ` ${contentOf(value)}`}`
  return `${names.join(' ')}${content} -d ${word(description)}`
}

function contentOf(content: Content): string {
  if (content === 'directory') return "-a '(__fish_complete_directories)'"
  if (content === 'file') return '-F'
  return content === 'anything' ? '' : `-f -a ${word(content.join(' '))}`
}

/** In single quotes fish knows two escapes. */
function word(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
