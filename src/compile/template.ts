import Handlebars, { type HelperOptions } from 'handlebars'
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
  const templateOf = perText((name) => compiled(name, read(name)))
  return (name, variables) => rendered(name, templateOf(name), variables)
}

function failed(message: string, hint?: string): SpecError {
  return new SpecError([{ code: 'template-failed', message, hint }])
}

/** A template that notes the line of each statement before it is carried out: Handlebars' errors often have none. */
function compiled(name: string, text: string): HandlebarsTemplateDelegate {
  try {
    return handlebars.compile(withLines(name, handlebars.parse(text)), OPTIONS)
  } catch (error) {
    throw error instanceof SpecError ? error : failed(explain(name, error, undefined))
  }
}

function withLines<Program extends hbs.AST.Program>(name: string, program: Program): Program {
  const body = program.body.flatMap((statement) => {
    if (statement.type.startsWith('Partial')) {
      const hint = 'put its text into this template, or render it apart and pass the result'
      throw failed(`${name}:${statement.loc.start.line}: there are no partials`, hint)
    }
    if (statement.type === 'ContentStatement' || statement.type === 'CommentStatement') return [statement]
    return [noteLine(statement.loc), withLinesInside(name, statement)]
  })
  return { ...program, body }
}

function withLinesInside(name: string, statement: hbs.AST.Statement): hbs.AST.Statement {
  const inner = Object.entries(statement).flatMap(([key, part]) =>
    isProgram(part) ? [[key, withLines(name, part)] as const] : [],
  )
  return { ...statement, ...Object.fromEntries(inner) }
}

function isProgram(part: unknown): part is hbs.AST.Program {
  return typeof part === 'object' && part !== null && 'type' in part && part.type === 'Program'
}

/** The statement `{{noteLine 3}}`. */
function noteLine(loc: hbs.AST.SourceLocation): hbs.AST.Statement {
  const [statement] = handlebars.parse(`{{${NOTE_LINE} ${loc.start.line}}}`).body
  return { type: 'MustacheStatement', ...statement, loc }
}

const NOTE_LINE = 'noteLine'

/** The line of the statement that is carried out. */
interface Place {
  line?: number
  /** Of the first statement that wrote a map or list as text. */
  structureLine?: number | undefined
}

const handlebars = Handlebars.create()
handlebars.unregisterHelper('log')
handlebars.unregisterHelper('lookup')
handlebars.registerHelper(templateHelpers(Handlebars.helpers))
handlebars.registerHelper(NOTE_LINE, (line: number, { data }: HelperOptions) => {
  data.place.line = line
  return ''
})

const OPTIONS = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: {
    ...Object.fromEntries([...helpers.keys()].map((name) => [name, true])),
    [NOTE_LINE]: true,
    log: false,
    lookup: false,
  },
}

function rendered(
  name: string,
  template: HandlebarsTemplateDelegate,
  variables: { readonly [key: string]: Value },
): string {
  const place: Place = {}
  try {
    const text = template(viewOf(variables, place), { data: { place } })
    if (!text.includes(STRUCTURE)) return text
  } catch (error) {
    throw failed(explain(name, error, place.line))
  }
  throw failed(`${name}:${place.structureLine}: a map or list is used as text; use json, join or #each`)
}

// Marks a map or list in the rendered text; no legitimate text contains it.
const STRUCTURE = '\0structure\0'

/** The variables without inherited names such as `constructor`; a map or list written as text leaves the mark. */
function viewOf(variables: Value, place: Place): unknown {
  const mark = {
    [Symbol.toPrimitive]: () => {
      place.structureLine ??= place.line
      return STRUCTURE
    },
  }
  const view = (value: Value): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return Object.assign(value.map(view), mark)
    const map: Record<string, unknown> = Object.assign(Object.create(null), mark)
    // An undefined value must be an unknown path, and not an empty text.
    for (const [key, item] of Object.entries(value)) if (item !== undefined) map[key] = view(item)
    return map
  }
  return view(variables)
}

const KNOWN = ['each', 'if', 'unless', 'with', ...helpers.keys()].sort().join(', ')

// Handlebars' errors are recognized by their text, so package.json pins its minor version.
function explain(name: string, error: unknown, noted: number | undefined): string {
  if (!(error instanceof Error)) return `${name}: ${String(error)}`
  const { message } = error
  const own = 'lineNumber' in error && typeof error.lineNumber === 'number' ? error.lineNumber : noted
  const line = own === undefined ? '' : `:${own}`
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
