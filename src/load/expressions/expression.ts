import Handlebars from 'handlebars'
import { formatPath, type Path } from '../../model/path.ts'
import type { Value } from '../../model/value.ts'
import { nearestHint } from '../../validation/nearest.ts'
import { excessOf } from './bounds.ts'
import { arityMistake, type Helper, helpers } from './helpers.ts'

/** The expression between `{{` and `}}`. `text` is how it was written. */
export type Term =
  | { readonly type: 'literal'; readonly value: string | number | boolean }
  | { readonly type: 'path'; readonly parts: readonly string[]; readonly written: Written }
  | {
      readonly type: 'call'
      readonly helper: Helper
      readonly args: readonly Term[]
      readonly written: Written
    }

/** A part of a text with its offset. */
export interface Written {
  readonly text: string
  readonly at: number
}

export interface Mustache {
  readonly term: Term
  /** As written, braces included: `{{add index 9}}`. */
  readonly written: Written
}

/** A text split into literal parts, expressions and what is wrong with others, in order. */
export type Template = readonly (string | Mustache | ExpressionError)[]

/** What is wrong with an expression; `within` is the wrong part of the text. */
export class ExpressionError extends Error {
  readonly hint: string | undefined
  readonly within: string | undefined
  /** The offset of `within`. */
  readonly at: number

  constructor(
    message: string,
    options: { readonly hint?: string | undefined; readonly within?: Written | undefined } = {},
  ) {
    super(message)
    this.name = 'ExpressionError'
    this.hint = options.hint
    this.within = options.within?.text
    this.at = options.within?.at ?? 0
  }
}

/** Whether a text has anything that `parseTemplate` would read as an expression. */
export function hasExpression(text: string): boolean {
  return text.includes('{{')
}

/** Parses text with expressions: Handlebars' grammar, only paths, literals and known helpers. */
export function parseTemplate(text: string): Template {
  const excess = excessOf(text)
  if (excess !== undefined) {
    const { message, hint, at } = excess
    return [new ExpressionError(message, { hint, within: { text: text.slice(at, at + 40), at } })]
  }
  const slice = slicer(text)
  return parseProgram(text)?.body.map((statement) => parseStatement(statement, slice)) ?? unparsable(text)
}

/** The paths that the expressions in a value refer to, each once. */
export function pathsIn(value: Value): readonly Path[] {
  const found = new Map<string, Path>()
  const visit = (part: Value): void => {
    if (typeof part === 'object' && part !== null) Object.values(part).forEach(visit)
    if (typeof part !== 'string' || !hasExpression(part)) return
    for (const piece of parseTemplate(part))
      if (typeof piece === 'object' && 'term' in piece) visitTerm(piece.term)
  }
  const visitTerm = (term: Term): void => {
    if (term.type === 'path') found.set(formatPath(term.parts), term.parts)
    if (term.type === 'call') term.args.forEach(visitTerm)
  }
  visit(value)
  return [...found.values()]
}

function parseStatement(statement: hbs.AST.Statement, slice: Slice): string | Mustache | ExpressionError {
  const within = slice(statement.loc)
  if (isContent(statement)) return statement.value
  if (!isMustache(statement)) {
    return new ExpressionError(`${within.text} is not supported`, { hint: onlyHint, within })
  }
  if (!statement.escaped) {
    const hint = `write {{${slice(statement.path.loc).text}}}`
    return new ExpressionError('two braces are enough: nothing is HTML-escaped', { hint, within })
  }
  try {
    return { term: parseCall(statement, slice), written: within }
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
}

const onlyHint =
  'expressions are paths and helper calls, such as {{host.name}} or {{add index 9}}; !literal keeps text as it is'

/** Undefined if the text cannot be parsed: Handlebars' own message shows the state of its parser. */
function parseProgram(text: string): hbs.AST.Program | undefined {
  try {
    return Handlebars.parseWithoutProcessing(text)
  } catch {
    return undefined
  }
}

/** Each expression of a text by itself, because Handlebars stops at the first that it cannot parse. */
function unparsable(text: string): Template {
  const found: (Mustache | ExpressionError)[] = []
  for (const { index, 0: rest } of text.matchAll(
    /\{\{(?:[^{}\n]|\n(?!.*\{\{)|"[^"]*"|\{(?!\{)|\}(?!\}))*(?:\}\}+)?/g,
  )) {
    const [line = ''] = rest.split('\n', 1)
    if (!rest.endsWith('}}')) {
      const hint = rest.includes('}') ? 'write }} after it' : onlyHint
      found.push(
        new ExpressionError('a {{ is never closed', { hint, within: { text: line.trimEnd(), at: index } }),
      )
      continue
    }
    const [parsed] =
      parseProgram(rest)?.body.map((statement) => parseStatement(statement, slicer(rest, index))) ?? []
    const within = { text: rest, at: index }
    if (parsed === undefined)
      found.push(new ExpressionError('this is not an expression', { hint: foreignHint(rest), within }))
    else if (typeof parsed !== 'string') found.push(parsed)
  }
  const within = { text: text.slice(text.indexOf('{{')), at: text.indexOf('{{') }
  const isTold = found.some((piece) => piece instanceof ExpressionError)
  return isTold ? found : [new ExpressionError('this is not an expression', { hint: onlyHint, within })]
}

/** A filter or path of another template language. */
function foreignHint(expression: string): string {
  return /\|/.test(expression) ? `there are no filters: ${onlyHint}` : onlyHint
}

function parseCall(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression, slice: Slice): Term {
  if (call.hash !== undefined && call.hash.pairs.length > 0) {
    throw new ExpressionError('helpers take no named arguments', { within: slice(call.hash.loc) })
  }
  if (call.params.length === 0 && call.type === 'MustacheStatement') return parseTerm(call.path, slice)
  const name = isPath(call.path) ? call.path.original : slice(call.path.loc).text
  const helper = helpers.get(name)
  if (helper === undefined) {
    throw new ExpressionError(`there is no helper ${name}`, {
      hint: nearestHint(name, [...helpers.keys()], ''),
      within: slice(call.path.loc),
    })
  }
  const mistake = arityMistake(helper, call.params.length)
  if (mistake !== undefined)
    throw new ExpressionError(mistake, { hint: helper.usage, within: slice(call.loc) })
  return {
    type: 'call',
    helper,
    args: call.params.map((param) => parseTerm(param, slice)),
    written: slice(call.loc),
  }
}

function parseTerm(node: hbs.AST.Expression, slice: Slice): Term {
  if (isLiteral(node)) return { type: 'literal', value: node.value }
  if (isSubExpression(node)) return parseCall(node, slice)
  const written = slice(node.loc)
  if (!isPath(node) || node.data || node.depth > 0 || /^(?:\.|this\b)/.test(node.original)) {
    throw new ExpressionError(`${written.text} is not supported`, { hint: onlyHint, within: written })
  }
  return { type: 'path', parts: node.parts, written }
}

/** The text of a node. */
type Slice = (location: hbs.AST.SourceLocation) => Written

/** Handlebars' lines count from 1 and its columns from 0. */
function slicer(text: string, base = 0): Slice {
  const lines = text.split('\n')
  const starts = [0]
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length + 1)
  const offset = ({ line, column }: hbs.AST.Position): number =>
    (starts[line - 1] ?? text.length) + Math.min(column, (lines[line - 1] ?? '').replace(/\r$/, '').length)
  return ({ start, end }) => ({ text: text.slice(offset(start), offset(end)), at: base + offset(start) })
}

function isContent(node: hbs.AST.Node): node is hbs.AST.ContentStatement {
  return node.type === 'ContentStatement'
}

function isMustache(node: hbs.AST.Node): node is hbs.AST.MustacheStatement {
  return node.type === 'MustacheStatement'
}

function isSubExpression(node: hbs.AST.Node): node is hbs.AST.SubExpression {
  return node.type === 'SubExpression'
}

function isPath(node: hbs.AST.Node): node is hbs.AST.PathExpression & { readonly parts: readonly string[] } {
  return (
    node.type === 'PathExpression' && 'parts' in node && Array.isArray(node.parts) && node.parts.every(isText)
  )
}

function isText(part: unknown): part is string {
  return typeof part === 'string'
}

function isLiteral(
  node: hbs.AST.Node,
): node is hbs.AST.StringLiteral | hbs.AST.NumberLiteral | hbs.AST.BooleanLiteral {
  return node.type === 'StringLiteral' || node.type === 'NumberLiteral' || node.type === 'BooleanLiteral'
}
