import type { Recipe } from '../../model/recipe.ts'
import type { JsonSchema } from '../../model/schema.ts'

/** What of a recipe its schema and its definition say, as Markdown: its attributes, what it needs and what it offers. */
export function recipeSection({ attributes, needs, offers = {} }: Recipe): string {
  const rows = rowsOf(attributes, '').map((cells) => `| ${cells.join(' | ')} |\n`)
  const table = `| attribute | type | default | description |\n|---|---|---|---|\n${rows.join('')}`
  const names = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(', ')
  const needed = [...new Set(needs.map(({ recipe }) => recipe))]
  const collections = Object.keys(offers)
  return [
    rows.length === 0 ? 'It has no attributes.\n' : table,
    ...(needed.length === 0 ? [] : [`It needs ${names(needed)} in the same run list.\n`]),
    ...(collections.length === 0 ? [] : [`It offers to ${names(collections)}.\n`]),
  ].join('\n')
}

type Row = readonly [name: string, type: string, fallback: string, description: string]

/** The properties of a schema, each followed by its own. */
function rowsOf(schema: JsonSchema, before: string): readonly Row[] {
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(Object(schema.properties)).flatMap(([name, value]): readonly Row[] => {
    const property: JsonSchema = Object(value)
    const path = `${before}${name}`
    const fallback =
      'default' in property
        ? `\`${cell(JSON.stringify(property.default))}\``
        : required.includes(name)
          ? 'required'
          : 'none'
    const description = typeof property.description === 'string' ? property.description : ''
    return [
      [`\`${path}\``, cell(typeOf(property)), fallback, cell(description).replaceAll('<', '\\<')],
      ...rowsOf(property, `${path}.`),
      ...rowsOf(Object(property.items), `${path}[].`),
      ...recordValues(property).flatMap((values) => rowsOf(values, `${path}.*.`)),
    ]
  })
}

function typeOf(schema: JsonSchema): string {
  const { type, items, anyOf } = schema
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (Array.isArray(values)) return values.map((value) => `\`${String(value)}\``).join(', ')
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map((one) => typeOf(Object(one))))].join(' or ')
  if (type === 'array') return `list of ${plural(typeOf(Object(items)))}`
  const [each] = recordValues(schema)
  if (each !== undefined) return `map of ${plural(typeOf(each))}`
  if (type === 'object') return 'map'
  return typeof type === 'string' ? type : 'any'
}

/** `string or number` becomes `strings or numbers`; lists of values and the like stay as they are. */
function plural(types: string): string {
  return types === 'any' ? 'anything' : types.replaceAll(/^\w+$|\w+(?= or )|(?<= or )\w+$/g, '$&s')
}

function recordValues({ patternProperties }: JsonSchema): readonly JsonSchema[] {
  return Object.values(Object(patternProperties)).map((one) => Object(one))
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
}
