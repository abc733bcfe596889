import Handlebars from 'handlebars'
import { helpers } from '../load/expressions/helpers.ts'
import { SpecError } from '../model/errors.ts'
import { perText } from '../model/memo.ts'
import type { Value } from '../model/value.ts'
import { templateHelpers } from './template-helpers.ts'

export type Render = (name: string, variables: { readonly [key: string]: Value }) => string

/**
 * Renders the templates that `read` finds; each is read and compiled once for all hosts. Nothing is HTML-escaped,
 * because the results are configuration files, and an unknown path is an error instead of an empty text.
 */
export function createRenderer(read: (name: string) => string): Render {
  const templateOf = perText((name) => handlebars.compile(read(name), OPTIONS))
  return (name, variables) => {
    const text = rendered(name, templateOf(name), variables)
    if (!text.includes(STRUCTURE)) return text
    throw failed(`${name}: a map or list is used as text; use json, join or #each`)
  }
}

function failed(message: string): SpecError {
  return new SpecError([{ code: 'template-failed', message }])
}

const handlebars = Handlebars.create()
handlebars.unregisterHelper('log')
handlebars.unregisterHelper('lookup')
handlebars.registerHelper(templateHelpers(Handlebars.helpers))

const OPTIONS = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: {
    ...Object.fromEntries([...helpers.keys()].map((name) => [name, true])),
    log: false,
    lookup: false,
  },
}

function rendered(
  name: string,
  template: HandlebarsTemplateDelegate,
  variables: { readonly [key: string]: Value },
): string {
  try {
    return template(viewOf(variables))
  } catch (error) {
    throw failed(explain(name, error))
  }
}

// Marks a map or list in the rendered text; no legitimate text contains it.
const STRUCTURE = '\0structure\0'

/** The variables without inherited names such as `constructor`; a map or list written as text leaves the mark. */
function viewOf(value: Value): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.assign(value.map(viewOf), MARK)
  const view: Record<string, unknown> = Object.assign(Object.create(null), MARK)
  // An undefined value must be an unknown path, and not an empty text.
  for (const [key, item] of Object.entries(value)) if (item !== undefined) view[key] = viewOf(item)
  return view
}

const MARK = { [Symbol.toPrimitive]: () => STRUCTURE }

const KNOWN = ['each', 'if', 'unless', 'with', ...helpers.keys()].sort().join(', ')

// Handlebars' errors are recognized by their text, so package.json pins its minor version.
function explain(name: string, error: unknown): string {
  if (!(error instanceof Error)) return `${name}: ${String(error)}`
  const { message } = error
  const line = 'lineNumber' in error && typeof error.lineNumber === 'number' ? `:${error.lineNumber}` : ''
  const parse = /^Parse error on line (\d+):\n(.*)\n/.exec(message)
  if (parse !== null) return `${name}:${parse[1]}: parse error at ${parse[2]}`
  const missing =
    /^"(.+)" not defined in /s.exec(message) ??
    /^Cannot use 'in' operator to search for '(.+)' in /s.exec(message)
  if (missing !== null) return `${name}${line}: ${missing[1]} is not defined`
  const helper = /used the unknown helper (\S+)/.exec(message)
  if (helper !== null) return `${name}${line}: there is no helper ${helper[1]}; known are ${KNOWN}`
  return `${name}${line}: ${message}`
}
