import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DeclaredRelations, specOnly } from '../../src/model/relations.ts'
import type { JsonSchema } from '../../src/model/schema.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { tableOf } from './markdown.ts'

// The pages of the resource kinds: what is generated in them, and in the list of them.

export interface Printed {
  readonly path: string
  /** As it is. */
  readonly text: string
  /** As it should be. */
  readonly generated: string
}

export const pagePath = (kind: string) => `docs/resources/${kind}.md`

export function printedKinds(): readonly Printed[] {
  const pages = Object.entries(resourceKinds).map(([kind, { schema }]) =>
    printed(pagePath(kind), 'properties', propertiesTable(schema)),
  )
  const rows = pages.map(({ path, text }, index) => {
    const kind = Object.keys(resourceKinds)[index] ?? ''
    return [`[\`${kind}\`](${path.replace('docs/', '')})`, sentenceOf(text)]
  })
  return [...pages, printed('docs/spec.md', 'kinds', tableOf(['kind', 'what it is'], rows))]
}

/** What a page says first of its kind. */
function sentenceOf(page: string): string {
  return page.split('\n\n')[1] ?? ''
}

function printed(path: string, marker: string, table: string): Printed {
  const text = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
  const [begin, end] = [`<!-- ${marker} -->\n`, `<!-- /${marker} -->`]
  const [before, after] = [text.indexOf(begin), text.indexOf(end)]
  if (before < 0 || after < before) throw new Error(`${path} has no place for its table: ${begin}${end}`)
  return { path, text, generated: `${text.slice(0, before)}${begin}${table}${text.slice(after)}` }
}

function propertiesTable({ properties = {}, required }: JsonSchema): string {
  const own = Object.entries(properties as Record<string, JsonSchema>).filter(
    ([name]) => !(name in DeclaredRelations.properties) && !(name in specOnly),
  )
  const rows = own.map(([name, { description, default: fallback }]) => {
    const isRequired = Array.isArray(required) && required.includes(name)
    const ordinary = fallback === undefined ? '' : `\`${fallback}\``
    return [`\`${name}\``, isRequired ? 'required' : ordinary, String(description).replaceAll('|', '\\|')]
  })
  return tableOf(['property', 'default', 'meaning'], rows)
}
