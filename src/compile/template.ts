import Handlebars, { type HelperOptions } from 'handlebars'
import { excessOf, largestTextsMiB } from '../load/expressions/bounds.ts'
import { helpers } from '../load/expressions/helpers.ts'
import { hintOf } from '../load/files/read-within.ts'
import type { Mistake } from '../model/diagnostic.ts'
import { SpecError } from '../model/errors.ts'
import { perText } from '../model/memo.ts'
import { createMarks, isSecret, type Marks, revealed, type Secret } from '../model/secret.ts'
import type { Value } from '../model/value.ts'
import type { TemplateFiles } from './template-files.ts'
import { partialHelper, secretView, templateHelpers } from './template-helpers.ts'
import { templateMistake } from './template-mistake.ts'

export type Render = (name: string, variables: { readonly [key: string]: Value }) => string | Secret

/**
 * Renders templates; each is read and compiled once for all hosts, and so are their partials. Nothing is HTML-escaped,
 * because the results are configuration files, and an unknown path is an error instead of an empty text.
 */
export function createRenderer(files: TemplateFiles, hosts = 1): Render {
  const limitMiB = largestTextsMiB(hosts)
  const templates = createTemplates(files, false)
  let written = 0
  return (name, variables) =>
    located(name, templates, () => {
      const text = rendered(name, templates, variables)
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

/** For each line of what a template renders, the file and the line that it begins in: of the template or of a partial. */
export function templateLines(
  files: TemplateFiles,
  name: string,
  variables: { readonly [key: string]: Value },
): readonly { readonly file: string; readonly line: number }[] {
  const templates = createTemplates(files, true)
  const marked = revealed(rendered(name, templates, variables))
  const places: { readonly file: string; readonly line: number }[] = []
  let current = { file: templates.sourceOf(name).file, line: 1 }
  let own: typeof current | undefined
  for (const [piece, line, template] of marked.matchAll(/\0(\d+) ([^\0]*)\0|\n|[^\0\n]+/g)) {
    if (template !== undefined) {
      current = { file: templates.sourceOf(template).file, line: Number(line) }
    } else if (piece === '\n') {
      places.push(own ?? current)
      own = undefined
    } else if (own === undefined && piece.trim() !== '') {
      own = current
    }
  }
  return [...places, own ?? current]
}

function whyUnreadable(error: unknown): Mistake {
  const [problem] = error instanceof SpecError ? error.problems : []
  if (problem !== undefined) return problem
  return { message: error instanceof Error ? error.message : String(error), hint: hintOf(error) }
}

interface Templates {
  sourceOf(name: string): { readonly file: string; readonly text: string }
  templateOf(name: string): HandlebarsTemplateDelegate
}

/** Compiles templates with their partials. With `isMarked` each line leaves a mark in the text that is rendered. */
function createTemplates({ read, pathOf, partialOf }: TemplateFiles, isMarked: boolean): Templates {
  const sourceOf = perText((name) => ({ file: pathOf(name), text: read(name) }))
  /** Those that are being compiled, each a partial of the one before it. */
  const chain: string[] = []
  const templateOf = perText((name): HandlebarsTemplateDelegate => {
    const { text } = sourceOf(name)
    chain.push(name)
    try {
      return compiled(text, { name, isMarked, partialAt })
    } catch (error) {
      if (error instanceof TemplateMistake) error.template ??= name
      throw error
    } finally {
      chain.pop()
    }
  })
  const partialAt = (written: string, line: number): string => {
    const mistake = (message: string, hint?: string) => new TemplateMistake(message, line, hint)
    if (written.split('/').some((part) => part === '..' || part === ''))
      throw mistake(`the partial ${written} is not in the folder of the templates`, 'move it there')
    const name = partialOf(chain.at(-1) ?? '', written)
    const circle = chain.slice(chain.indexOf(name))
    if (chain.includes(name))
      throw mistake(
        `the partial ${written} includes itself: ${[...circle, name].join(', which includes ')}`,
        'remove one of these partials',
      )
    try {
      sourceOf(name)
    } catch (error) {
      const { message, hint } = whyUnreadable(error)
      throw mistake(
        `there is no partial ${written}: ${message}`,
        hint ?? 'a partial is called by the name of its file',
      )
    }
    templateOf(name)
    return name
  }
  return { sourceOf, templateOf }
}

/** A mistake in a line of a template. */
class TemplateMistake extends Error {
  readonly line: number | undefined
  readonly hint: string | undefined
  /** The offset, if it is known better than by its line. */
  readonly at: number | undefined
  /** The name of the template or partial; that which is rendered unless set. */
  template: string | undefined

  constructor(message: string, line: number | undefined, hint?: string, at?: number) {
    super(message)
    this.line = line
    this.hint = hint
    this.at = at
  }
}

/** Throws a SpecError with the line of the template or partial. */
function located<T>(name: string, { sourceOf }: Templates, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TemplateMistake)) throw error
    const { hint, at, template = name } = error
    const { file, text } = sourceOf(template)
    const line = at === undefined ? (error.line ?? 1) : text.slice(0, at).split('\n').length
    const written = text.split('\n')[line - 1] ?? ''
    const column =
      at === undefined ? written.length - written.trimStart().length + 1 : at - text.lastIndexOf('\n', at - 1)
    const length = Math.max(written.slice(column - 1).trim().length, 1)
    const position = { file, line, column, length }
    const message = template === name ? error.message : `${error.message}, in a partial of ${name}`
    throw new SpecError([{ code: 'template-failed', message, hint, position }])
  }
}

interface Compiling {
  readonly name: string
  readonly isMarked: boolean
  /** Compiles the partial of this name, and gives that of its template. */
  partialAt(written: string, line: number): string
}

/** A template that notes the line of each statement before it is carried out: Handlebars' errors often have none. */
function compiled(text: string, compiling: Compiling): HandlebarsTemplateDelegate {
  const excess = excessOf(text)
  if (excess !== undefined) throw new TemplateMistake(excess.message, undefined, excess.hint, excess.at)
  try {
    return handlebars.compile(withLines(handlebars.parse(text), compiling), OPTIONS)
  } catch (error) {
    if (error instanceof TemplateMistake || error instanceof SpecError) throw error
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

function withLines<Program extends hbs.AST.Program>(program: Program, compiling: Compiling): Program {
  const { isMarked } = compiling
  const body = program.body.flatMap((statement) => {
    if (statement.type === 'CommentStatement') return [statement]
    if (isContent(statement)) return isMarked ? markedLines(statement, compiling) : [statement]
    const part = isPartial(statement)
      ? inclusion(statement, compiling)
      : withLinesInside(refuseInline(statement), compiling)
    return [noteLine(statement.loc, compiling), part]
  })
  return { ...program, body }
}

function isPartial(statement: hbs.AST.Statement): statement is hbs.AST.PartialStatement {
  return statement.type === 'PartialStatement'
}

function refuseInline(statement: hbs.AST.Statement): hbs.AST.Statement {
  const { type, loc } = statement
  if (type !== 'PartialBlockStatement' && !type.startsWith('Decorator')) return statement
  const hint = 'put it into a file of its own, and write {{> name}}'
  throw new TemplateMistake(
    'there are no partials within a template, and none that are blocks',
    loc.start.line,
    hint,
  )
}

/** The call of the helper that renders a partial, with what the partial is given. */
function inclusion(statement: hbs.AST.PartialStatement, { partialAt }: Compiling): hbs.AST.Statement {
  const { loc, params, hash, indent } = statement
  const { line } = loc.start
  const name: {
    readonly type: string
    readonly data?: boolean
    readonly original?: unknown
    readonly parts?: unknown
  } = statement.name
  if (name.type === 'SubExpression' || name.data === true)
    throw new TemplateMistake('the name of a partial is written out', line, 'such as {{> header.conf}}')
  const written = String(name.original)
  const [call] = handlebars.parse(`{{[${PARTIAL}]}}`).body
  const given = [partialAt(written, line), written, indent].map((value) => textNode(value, loc))
  const own = { params: [...given, ...params], ...(hash && { hash }) }
  return { type: 'MustacheStatement', ...call, ...own, loc } as hbs.AST.Statement
}

function textNode(value: string, loc: hbs.AST.SourceLocation): hbs.AST.StringLiteral {
  return { type: 'StringLiteral', value, original: value, loc }
}

function isContent(statement: hbs.AST.Statement): statement is hbs.AST.ContentStatement {
  return statement.type === 'ContentStatement'
}

/** Text with a mark before each of its lines. What Handlebars drops of it is white space at its ends. */
function markedLines(content: hbs.AST.ContentStatement, compiling: Compiling): readonly hbs.AST.Statement[] {
  const { value, loc } = content
  const dropped = String(content.original).split(value, 1)[0] ?? ''
  const first = loc.start.line + dropped.split('\n').length - 1
  return value.split(/(?<=\n)/).flatMap((text, index) => {
    const start = { ...loc.start, line: first + index }
    return [noteLine({ ...loc, start }, compiling), { ...content, value: text, original: text }]
  })
}

function withLinesInside(statement: hbs.AST.Statement, compiling: Compiling): hbs.AST.Statement {
  const inner = Object.entries(statement).flatMap(([key, part]) =>
    isProgram(part) ? [[key, withLines(part, compiling)] as const] : [],
  )
  return { ...statement, ...Object.fromEntries(inner) }
}

function isProgram(part: unknown): part is hbs.AST.Program {
  return typeof part === 'object' && part !== null && 'type' in part && part.type === 'Program'
}

/** The statement `{{noteLine "app.conf" 3}}`, or `{{noteLine "app.conf" 3 true}}`, which leaves a mark. */
function noteLine(loc: hbs.AST.SourceLocation, { name, isMarked }: Compiling): hbs.AST.Statement {
  const [statement] = handlebars.parse(`{{${NOTE_LINE} ${loc.start.line} ${isMarked}}}`).body
  const call = { type: 'MustacheStatement', params: [], ...statement }
  return { ...call, params: [textNode(name, loc), ...call.params], loc } as hbs.AST.Statement
}

const NOTE_LINE = 'noteLine'
// No variable can have this name.
const PARTIAL = '> partial'

interface Place {
  readonly template: string
  readonly line: number
}

/** What the helpers of a template that is being rendered know. */
interface Rendering {
  /** The statement that is carried out. */
  at?: Place
  /** By blocks and partials, in characters. */
  written: number
  /** The first statement that wrote a map or list as text. */
  structure?: Place | undefined
}

const handlebars = Handlebars.create()
handlebars.unregisterHelper('log')
handlebars.unregisterHelper('lookup')
handlebars.registerHelper(templateHelpers(Handlebars.helpers))
handlebars.registerHelper(
  NOTE_LINE,
  (template: string, line: number, isMarked: boolean, { data }: HelperOptions) => {
    data.place.at = { template, line }
    return isMarked ? `\0${line} ${template}\0` : ''
  },
)
handlebars.registerHelper(
  PARTIAL,
  partialHelper((context, template, data) => {
    const { at } = data.place
    const text: string = data.templateOf(template)(context, { data })
    data.place.at = at
    return text
  }),
)

const OPTIONS = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: {
    ...Object.fromEntries([...helpers.keys()].map((name) => [name, true])),
    [NOTE_LINE]: true,
    [PARTIAL]: true,
    log: false,
    lookup: false,
  },
}

function rendered(
  name: string,
  { templateOf }: Templates,
  variables: { readonly [key: string]: Value },
): string | Secret {
  const place: Rendering = { written: 0 }
  const marks = createMarks()
  const structure = structureOf(place)
  try {
    const data = { place, marks, structure, templateOf }
    const text = templateOf(name)(viewOf(variables, structure, marks), { data })
    if (!text.includes(STRUCTURE)) return marks.fill(text)
  } catch (error) {
    if (error instanceof TemplateMistake || error instanceof SpecError) throw error
    const passed = Object.entries(variables).filter(([, value]) => value !== undefined)
    const mistake = explain(
      error,
      place.at?.line,
      passed.map(([key]) => key),
    )
    mistake.template = place.at?.template
    throw mistake
  }
  const mistake = new TemplateMistake(
    'a map or list is used as text',
    place.structure?.line,
    'use json, join or #each',
  )
  mistake.template = place.structure?.template
  throw mistake
}

// Marks a map or list in the rendered text; no legitimate text contains it.
const STRUCTURE = '\0structure\0'

/** What makes a map or list that is written as text leave the mark. */
function structureOf(place: Rendering) {
  return {
    [Symbol.toPrimitive]: () => {
      place.structure ??= place.at
      return STRUCTURE
    },
  }
}

/** The variables without inherited names such as `constructor`. */
function viewOf(variables: Value, structure: object, marks: Marks): unknown {
  const view = (value: Value): unknown => {
    if (isSecret(value)) return secretView(value, marks)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return Object.assign(value.map(view), structure)
    const map: Record<string, unknown> = Object.assign(Object.create(null), structure)
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
    /^Cannot use 'in' operator to search for '(.+)' in /s.exec(message) ??
    /^Cannot read properties of (?:undefined|null) \(reading '(.+)'\)$/s.exec(message)
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
