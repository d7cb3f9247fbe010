// Completion for zsh.

import type { CommandNode, Content, OptionNode } from './command-tree.js'
import { quoted } from './quoted.js'

export function zshCompletion(root: CommandNode, commands: readonly CommandNode[]): string {
  const described = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`)
  return `#compdef ${root.name}
# Completion of ${root.name} for zsh: put it as _${root.name} into a directory of $fpath, or source it.

_${root.name}() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    _arguments ${root.options.map(optionSpec).join(' ')}
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

if [ "$funcstack[1]" = "_${root.name}" ]; then
  _${root.name} "$@"
else
  compdef _${root.name} ${root.name}
fi
`
}

function commandCase({ name, arguments: places, options }: CommandNode): string {
  const specs = [
    ...options.map(optionSpec),
    ...places.map((place, at) => quoted(`${at + 1}:${escaped(place.name)}:${actionOf(place.content)}`)),
  ]
  return [
    `    ${name})`,
    '      _arguments -s \\',
    specs.map((spec) => `        ${spec}`).join(' \\\n'),
    '      ;;',
  ].join('\n')
}

/** One that is given once excludes its other form. */
function optionSpec({ flags, description, value, isRepeatable }: OptionNode): string {
  const tail = `[${escaped(description)}]${value === undefined ? '' : `:value:${actionOf(value)}`}`
  if (isRepeatable) return flags.map((flag) => quoted(`*${flag}${tail}`)).join(' ')
  const [only = '', ...others] = flags
  if (others.length === 0) return quoted(`${only}${tail}`)
  return `${quoted(`(${flags.join(' ')})`)}{${flags.join(',')}}${quoted(tail)}`
}

function actionOf(content: Content): string {
  if (content === 'directory') return '_directories'
  if (content === 'file') return '_files'
  return content === 'anything' ? ' ' : `(${content.join(' ')})`
}

function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&')
}
