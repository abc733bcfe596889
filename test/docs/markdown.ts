import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The text of a document of this repository, by its path. */
export function readDocument(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8')
}

/** A fenced block. `file`, after the language, is the file whose content it is. */
export interface Block {
  readonly language: string
  readonly file: string | undefined
  readonly text: string
}

/** Every fenced block of a Markdown text, in order. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks = markdown.matchAll(/^```(\S+)(?: (\S+))?\n(.*?)^```$/gms)
  return [...blocks].map(([, language = '', file, text = '']) => ({ language, file, text }))
}

/** The text below a heading, down to the next one of its level or above. */
export function sectionOf(markdown: string, heading: string): string {
  const [level = ''] = /^#+/.exec(heading) ?? []
  const start = `\n${markdown}`.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`there is no heading "${heading}"`)
  const body = markdown.slice(start + heading.length)
  // A `#` within a block is a comment of its language.
  const fenced = body.replaceAll(/^```.*?^```$/gms, (block) => block.replaceAll('#', '-'))
  const end = fenced.search(new RegExp(`^#{1,${level.length}} `, 'm'))
  return end < 0 ? body : body.slice(0, end)
}

/** What the blocks show that a command prints, in order: those that begin with `$ <command>`. */
export function outputsOf(markdown: string, command: string): readonly string[] {
  const prompt = `$ ${command}\n`
  return blocksOf(markdown)
    .filter(({ text }) => text.startsWith(prompt))
    .map(({ text }) => text.slice(prompt.length))
}

/** The only output of a command that the text shows. */
export function outputOf(markdown: string, command: string): string {
  const [output, ...others] = outputsOf(markdown, command)
  if (output === undefined || others.length > 0)
    throw new Error(`not one block shows the output of ${command}`)
  return output
}

/** A table as it is written. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells, index) => (index === 1 ? `|${cells.join('|')}|\n` : `| ${cells.join(' | ')} |\n`))
    .join('')
}

/** The first cells of the rows of all tables in a text, without code marks. */
export function firstCellsOf(markdown: string): readonly string[] {
  const cells = [...markdown.matchAll(/^\| `([^`]+)`[^|]*\|/gm)]
  return cells.map(([, cell = '']) => cell)
}
