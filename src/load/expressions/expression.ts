import Handlebars from 'handlebars'
import { nearestHint } from '../../validation/nearest.ts'
import { arityMistake, type Helper, helpers } from './helpers.ts'

/** The expression between `{{` and `}}`. `text` is how it was written. */
export type Term =
  | { readonly type: 'literal'; readonly value: string | number | boolean }
  | { readonly type: 'path'; readonly parts: readonly string[]; readonly text: string }
  | { readonly type: 'call'; readonly helper: Helper; readonly args: readonly Term[]; readonly text: string }

export interface Mustache {
  readonly term: Term
  /** As written, braces included: `{{add index 9}}`. */
  readonly text: string
}

/** A text split into literal parts and expressions, in order. */
export type Template = readonly (string | Mustache)[]

/** What is wrong with an expression; `within` is the wrong part of the text. */
export class ExpressionError extends Error {
  readonly hint: string | undefined
  readonly within: string | undefined

  constructor(
    message: string,
    options: { readonly hint?: string | undefined; readonly within?: string | undefined } = {},
  ) {
    super(message)
    this.name = 'ExpressionError'
    this.hint = options.hint
    this.within = options.within
  }
}

/** Whether a text has anything that `parseTemplate` would read as an expression. */
export function hasExpression(text: string): boolean {
  return text.includes('{{')
}

/** Parses text with expressions: Handlebars' grammar, only paths, literals and known helpers. Throws ExpressionError. */
export function parseTemplate(text: string): Template {
  const slice = slicer(text)
  return parseProgram(text).body.map((statement) => {
    const within = slice(statement.loc)
    if (isContent(statement)) return statement.value
    if (!isMustache(statement)) {
      throw new ExpressionError(`${within} is not supported`, { hint: onlyHint, within })
    }
    if (!statement.escaped) {
      throw new ExpressionError('two braces are enough: nothing is HTML-escaped', {
        hint: `write {{${slice(statement.path.loc)}}}`,
        within,
      })
    }
    return { term: parseCall(statement, slice), text: within }
  })
}

const onlyHint =
  'expressions are paths and helper calls, such as {{host.name}} or {{add index 9}}; !literal keeps text as it is'

function parseProgram(text: string): hbs.AST.Program {
  try {
    return Handlebars.parseWithoutProcessing(text)
  } catch {
    // Handlebars' own message shows the state of its parser, which does not help users.
    const within = text.slice(text.indexOf('{{'))
    const open = text.lastIndexOf('{{') > text.lastIndexOf('}}')
    throw new ExpressionError(open ? 'a {{ is never closed' : 'this is not an expression', {
      hint: onlyHint,
      within,
    })
  }
}

function parseCall(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression, slice: Slice): Term {
  if (call.hash !== undefined && call.hash.pairs.length > 0) {
    throw new ExpressionError('helpers take no named arguments', { within: slice(call.hash.loc) })
  }
  if (call.params.length === 0 && call.type === 'MustacheStatement') return parseTerm(call.path, slice)
  const name = isPath(call.path) ? call.path.original : slice(call.path.loc)
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
    text: slice(call.loc),
  }
}

function parseTerm(node: hbs.AST.Expression, slice: Slice): Term {
  if (isLiteral(node)) return { type: 'literal', value: node.value }
  if (isSubExpression(node)) return parseCall(node, slice)
  const written = slice(node.loc)
  if (!isPath(node) || node.data || node.depth > 0 || /^(?:\.|this\b)/.test(node.original)) {
    throw new ExpressionError(`${written} is not supported`, { hint: onlyHint, within: written })
  }
  return { type: 'path', parts: node.parts, text: written }
}

/** The text of a node. */
type Slice = (location: hbs.AST.SourceLocation) => string

/** Handlebars' lines count from 1 and its columns from 0. */
function slicer(text: string): Slice {
  const lines = text.split('\n')
  const starts = [0]
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length + 1)
  const offset = ({ line, column }: hbs.AST.Position): number =>
    (starts[line - 1] ?? text.length) + Math.min(column, (lines[line - 1] ?? '').replace(/\r$/, '').length)
  return ({ start, end }) => text.slice(offset(start), offset(end))
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
