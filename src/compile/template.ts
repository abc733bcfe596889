import Handlebars, { type HelperOptions } from 'handlebars'
import { excessOf, largestTextsMiB } from '../load/expressions/bounds.ts'
import { helpers } from '../load/expressions/helpers.ts'
import { SpecError } from '../model/errors.ts'
import { perText } from '../model/memo.ts'
import { createMarks, isSecret, type Marks, revealed, type Secret } from '../model/secret.ts'
import type { Value } from '../model/value.ts'
import { secretView, templateHelpers } from './template-helpers.ts'
import { templateMistake } from './template-mistake.ts'

export type Render = (name: string, variables: { readonly [key: string]: Value }) => string | Secret

/**
 * Renders the templates that `read` finds; each is read and compiled once for all hosts. Nothing is HTML-escaped,
 * because the results are configuration files, and an unknown path is an error instead of an empty text.
 */
export function createRenderer(
  read: (name: string) => string,
  pathOf: (name: string) => string = (name) => name,
  hosts = 1,
): Render {
  const limitMiB = largestTextsMiB(hosts)
  const sourceOf = perText((name) => ({ file: pathOf(name), text: read(name) }))
  const templateOf = perText((name) => compiled(sourceOf(name).text))
  let written = 0
  return (name, variables) =>
    located(sourceOf(name), () => {
      const text = rendered(templateOf(name), variables)
      if (typeof text === 'string') written += text.length
      if (written > limitMiB * 1024 * 1024)
        throw new TemplateMistake(
          `the texts of all templates exceed ${limitMiB} MiB`,
          undefined,
          'a source is not kept in memory',
        )
      return text
    })
}

/** For each line of what a template renders, the line of the template that it begins in. */
export function templateLines(text: string, variables: { readonly [key: string]: Value }): readonly number[] {
  const marked = revealed(rendered(compiled(text, true), variables))
  const lines: number[] = []
  let current = 1
  let own: number | undefined
  for (const [piece, mark] of marked.matchAll(/\0(\d+)\0|\n|[^\0\n]+/g)) {
    if (mark !== undefined) {
      current = Number(mark)
    } else if (piece === '\n') {
      lines.push(own ?? current)
      own = undefined
    } else if (own === undefined && piece.trim() !== '') {
      own = current
    }
  }
  return [...lines, own ?? current]
}

interface Source {
  readonly file: string
  readonly text: string
}

/** A mistake in a line of a template. */
class TemplateMistake extends Error {
  readonly line: number | undefined
  readonly hint: string | undefined
  /** The offset, if it is known better than by its line. */
  readonly at: number | undefined

  constructor(message: string, line: number | undefined, hint?: string, at?: number) {
    super(message)
    this.line = line
    this.hint = hint
    this.at = at
  }
}

/** Throws a SpecError with the line of the template. */
function located<T>({ file, text }: Source, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TemplateMistake)) throw error
    const { message, hint, at } = error
    const line = at === undefined ? (error.line ?? 1) : text.slice(0, at).split('\n').length
    const written = text.split('\n')[line - 1] ?? ''
    const column =
      at === undefined ? written.length - written.trimStart().length + 1 : at - text.lastIndexOf('\n', at - 1)
    const length = Math.max(written.slice(column - 1).trim().length, 1)
    const position = { file, line, column, length }
    throw new SpecError([{ code: 'template-failed', message, hint, position }])
  }
}

/** A template that notes the line of each statement before it is carried out: Handlebars' errors often have none. */
function compiled(text: string, isMarked = false): HandlebarsTemplateDelegate {
  const excess = excessOf(text)
  if (excess !== undefined) throw new TemplateMistake(excess.message, undefined, excess.hint, excess.at)
  try {
    return handlebars.compile(withLines(handlebars.parse(text), isMarked), OPTIONS)
  } catch (error) {
    if (error instanceof TemplateMistake) throw error
    const found = templateMistake(text, isTag)
    if (found === undefined) throw explain(error, undefined)
    throw new TemplateMistake(found.message, undefined, found.hint, found.at)
  }
}

function isTag(tag: string): boolean {
  try {
    return handlebars.parse(tag).body.length > 0
  } catch {
    return false
  }
}

/** With `isMarked` each line also leaves a mark in the text that is rendered. */
function withLines<Program extends hbs.AST.Program>(program: Program, isMarked: boolean): Program {
  const body = program.body.flatMap((statement) => {
    if (statement.type.startsWith('Partial')) {
      const hint = 'put its text into this template, or render it apart and pass the result'
      throw new TemplateMistake('there are no partials', statement.loc.start.line, hint)
    }
    if (statement.type === 'CommentStatement') return [statement]
    if (isContent(statement)) return isMarked ? markedLines(statement) : [statement]
    return [noteLine(statement.loc, isMarked), withLinesInside(statement, isMarked)]
  })
  return { ...program, body }
}

function isContent(statement: hbs.AST.Statement): statement is hbs.AST.ContentStatement {
  return statement.type === 'ContentStatement'
}

/** Text with a mark before each of its lines. What Handlebars drops of it is white space at its ends. */
function markedLines(content: hbs.AST.ContentStatement): readonly hbs.AST.Statement[] {
  const { value, loc } = content
  const dropped = String(content.original).split(value, 1)[0] ?? ''
  const first = loc.start.line + dropped.split('\n').length - 1
  return value.split(/(?<=\n)/).flatMap((text, index) => {
    const start = { ...loc.start, line: first + index }
    return [noteLine({ ...loc, start }, true), { ...content, value: text, original: text }]
  })
}

function withLinesInside(statement: hbs.AST.Statement, isMarked: boolean): hbs.AST.Statement {
  const inner = Object.entries(statement).flatMap(([key, part]) =>
    isProgram(part) ? [[key, withLines(part, isMarked)] as const] : [],
  )
  return { ...statement, ...Object.fromEntries(inner) }
}

function isProgram(part: unknown): part is hbs.AST.Program {
  return typeof part === 'object' && part !== null && 'type' in part && part.type === 'Program'
}

/** The statement `{{noteLine 3}}`, or `{{noteLine 3 true}}`, which leaves a mark. */
function noteLine(loc: hbs.AST.SourceLocation, isMarked: boolean): hbs.AST.Statement {
  const [statement] = handlebars.parse(`{{${NOTE_LINE} ${loc.start.line} ${isMarked}}}`).body
  return { type: 'MustacheStatement', ...statement, loc }
}

const NOTE_LINE = 'noteLine'

/** The statement that is carried out. */
interface Place {
  line?: number
  /** By blocks, in characters. */
  written: number
  /** Of the first statement that wrote a map or list as text. */
  structureLine?: number | undefined
}

const handlebars = Handlebars.create()
handlebars.unregisterHelper('log')
handlebars.unregisterHelper('lookup')
handlebars.registerHelper(templateHelpers(Handlebars.helpers))
handlebars.registerHelper(NOTE_LINE, (line: number, isMarked: boolean, { data }: HelperOptions) => {
  data.place.line = line
  return isMarked ? `\0${line}\0` : ''
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
  template: HandlebarsTemplateDelegate,
  variables: { readonly [key: string]: Value },
): string | Secret {
  const place: Place = { written: 0 }
  const marks = createMarks()
  try {
    const text = template(viewOf(variables, place, marks), { data: { place, marks } })
    if (!text.includes(STRUCTURE)) return marks.fill(text)
  } catch (error) {
    const passed = Object.entries(variables).filter(([, value]) => value !== undefined)
    throw explain(
      error,
      place.line,
      passed.map(([name]) => name),
    )
  }
  throw new TemplateMistake('a map or list is used as text', place.structureLine, 'use json, join or #each')
}

// Marks a map or list in the rendered text; no legitimate text contains it.
const STRUCTURE = '\0structure\0'

/** The variables without inherited names such as `constructor`; a map or list written as text leaves the mark. */
function viewOf(variables: Value, place: Place, marks: Marks): unknown {
  const mark = {
    [Symbol.toPrimitive]: () => {
      place.structureLine ??= place.line
      return STRUCTURE
    },
  }
  const view = (value: Value): unknown => {
    if (isSecret(value)) return secretView(value, marks)
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

/** What other template languages call a block, and how it is written here. */
const WORDS_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...['elif', 'elsif', 'elseif'].map((word) => [word, 'write {{else if ...}}'] as const),
  ...['for', 'range', 'foreach'].map((word) => [word, 'write {{#each list}} and {{/each}}'] as const),
  ...['end', 'endif', 'endfor'].map((word) => [word, 'a block ends with its name: {{/if}}'] as const),
])

// Handlebars' errors are recognized by their text, so package.json pins its minor version.
function explain(error: unknown, noted: number | undefined, passed: readonly string[] = []): TemplateMistake {
  if (!(error instanceof Error)) return new TemplateMistake(String(error), noted)
  const { message } = error
  const line = 'lineNumber' in error && typeof error.lineNumber === 'number' ? error.lineNumber : noted
  const parse = /^Parse error on line (\d+):\n(.*)\n/.exec(message)
  if (parse !== null) return new TemplateMistake(`parse error at ${parse[2]}`, Number(parse[1]))
  const missing =
    /^"(.+)" not defined in /s.exec(message) ??
    /^Cannot use 'in' operator to search for '(.+)' in /s.exec(message)
  if (missing !== null) {
    const hint = passed.length === 0 ? 'no variables are passed' : `passed: ${passed.join(', ')}`
    return new TemplateMistake(`${missing[1]} is not defined`, line, hint)
  }
  const helper = /used the unknown helper (\S+)/.exec(message)
  if (helper?.[1] !== undefined) {
    const hint = WORDS_ELSEWHERE.get(helper[1]) ?? `known: ${KNOWN}`
    return new TemplateMistake(`there is no helper ${helper[1]}`, line, hint)
  }
  return new TemplateMistake(message, line)
}
