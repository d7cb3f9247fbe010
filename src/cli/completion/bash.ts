// Completion for bash, from version 3.2 on.

import type { CommandNode, Content, OptionNode } from './command-tree.js'
import { quoted } from './quoted.js'

export function bashCompletion(root: CommandNode, commands: readonly CommandNode[]): string {
  const names = commands.map(({ name }) => name)
  return `# Completion of ${root.name} for bash: source it, or put it where bash-completion looks.

_${root.name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted([...names, ...flagsOf(root.options)].join(' '))} -- "$cur"))
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map(commandCase).join('\n')}
  esac
}

# Where it finds nothing, file names are completed.
complete -o default -F _${root.name} ${root.name}
`
}

function flagsOf(options: readonly OptionNode[]): string[] {
  return options.flatMap(({ flags }) => flags)
}

function commandCase({ name, arguments: places, options }: CommandNode): string {
  const withValue = options.filter(({ value }) => value !== undefined)
  const values = withValue.map(
    ({ flags, value }) => `        ${flags.join('|')}) ${wordsOf(value as Content)}return ;;`,
  )
  const [first] = places
  return [
    `    ${name})`,
    ...(values.length > 0 ? ['      case $prev in', ...values, '      esac'] : []),
    '      case $cur in',
    `        -*) COMPREPLY=($(compgen -W ${quoted(flagsOf(options).join(' '))} -- "$cur")) ;;`,
    ...(first !== undefined && typeof first.content !== 'string'
      ? [`        *) ${wordsOf(first.content).trim()} ;;`]
      : []),
    '      esac',
    '      ;;',
  ].join('\n')
}

function wordsOf(content: Content): string {
  return typeof content === 'string'
    ? ''
    : `COMPREPLY=($(compgen -W ${quoted(content.join(' '))} -- "$cur")); `
}
