/** By its first line, what a text is that was taken for a spec. */
const languages: readonly (readonly [RegExp, string])[] = [
  [/^#!/, 'a script'],
  [/^<[?!a-z]/i, 'XML or HTML'],
  [/^\[(?:Unit|Install|Service|Socket|Timer|Mount|Path)\]$/, 'a systemd unit file'],
  [/^\[+["\w.:-]+\]+$|^["\w.-]+\s*=(?![=>])/, 'TOML or an INI file'],
  [/^(?:terraform|provider|resource|variable|module|data|output|locals)\b[^:]*\{$/, 'Terraform'],
  [
    /^(?:node|class|define)\s.*[{(]$|^include\s+[\w:]+$|^\w+\s*\{\s*['"][^'"]+['"]:|^["'\w]+\s*=>/,
    'Puppet or Ruby',
  ],
  [/^[\w:.]+(?:[\s(].*)?\bdo(?:\s*\|.*\|)?$|^require(?:_relative)?\s+['"]/, 'Ruby, such as a recipe of Chef'],
  [/^(?:import|export|const|let|function)\s/, 'JavaScript or TypeScript'],
  [/^-\s+(?:hosts|import_playbook):\s/, 'an Ansible playbook'],
  [/^[\w.[\]:-]+\s+ansible_\w+=/, 'an Ansible inventory'],
  [/^(?:FROM|RUN)\s/, 'a Dockerfile'],
]

/** What a text is that is not YAML, or not a map; undefined if its first line does not show it. */
export function otherLanguage(
  text: string,
): { readonly range: readonly [number, number]; readonly name: string } | undefined {
  const found = /^(?:[ \t]*(?:#(?!!).*|\/\/.*)?\r?\n)*([^\r\n]+)/.exec(text)
  const [whole = '', first = ''] = found ?? []
  const line = first.trim()
  const name = languages.find(([pattern]) => pattern.test(line))?.[1]
  if (name === undefined || /^[\w-]+:(?:\s|$)/m.test(text.slice(whole.length))) return undefined
  const start = whole.length - first.trimStart().length
  return { range: [start, start + line.length], name }
}
