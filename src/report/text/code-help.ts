const widest = 100

/** The section of docs/errors.md about a code, for a terminal; undefined if there is none. */
export function codeHelp(document: string, code: string): string | undefined {
  const [, mistakes = '', failures = ''] = document.split(/^## (?:Mistakes|Failures)\n/m)
  const kinds = {
    'a mistake: exit code 3, no host was changed': mistakes,
    'a failure: exit code 1': failures,
  }
  for (const [kind, part] of Object.entries(kinds)) {
    const section = part.split(/^### /m).find((one) => one.startsWith(`${code}\n`))
    if (section !== undefined) return `${code}, ${kind}\n\n${blocks(section.slice(code.length))}\n`
  }
  return undefined
}

/** The codes that have a section. */
export function explainedCodes(document: string): readonly string[] {
  return [...document.matchAll(/^### (\S+)$/gm)].map(([, code = '']) => code)
}

/** Paragraphs that fit a terminal, and the contents of fences as they are, indented. */
function blocks(section: string): string {
  return section
    .trim()
    .split(/^(```.*?^```$)/gms)
    .map((block) => (block.startsWith('```') ? fence(block) : paragraphs(block)))
    .join('\n\n')
}

function fence(block: string): string {
  const [opening = '', ...lines] = block.split('\n').slice(0, -1)
  const file = opening.split(' ').slice(1).join(' ')
  const indented = lines.map((line) => (line === '' ? '' : `    ${line}`))
  return [...(file === '' ? [] : [`  ${file}:`]), ...indented].join('\n')
}

function paragraphs(text: string): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => wrapped(paragraph.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')))
    .join('\n\n')
}

function wrapped(paragraph: string): string {
  const lines: string[] = []
  for (const word of paragraph.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= widest)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}
