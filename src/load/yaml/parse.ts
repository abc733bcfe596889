import {
  Composer,
  type CST,
  isMap as isYamlMap,
  Lexer,
  LineCounter,
  Parser,
  type Document as YamlDocument,
} from 'yaml'
import type { Position, Problem } from '../../model/diagnostic.ts'
import { InternalError } from '../../model/errors.ts'
import type { Secret } from '../../model/secret.ts'
import type { SpecCode } from '../../model/spec-codes.ts'
import { isMap, mapWith, type Value } from '../../model/value.ts'
import { convertYaml, maxDepth } from './convert.ts'
import { createDocument, type Document, type DocumentParts, positionAt } from './document.ts'
import { INVALID_VALUE } from './invalid-value.ts'
import { otherLanguage } from './other-language.ts'
import type { Place } from './places.ts'
import { syntaxMistakes } from './syntax.ts'

export interface ParseOptions {
  readonly file: string
  readonly text: string
  /** A part of a spec has only some of its keys. */
  readonly what?: 'spec' | 'part' | 'secrets'
  /** Makes the secrets that it refers to; absent where none may be. */
  secretAt?(name: string, position: Position): Secret
}

interface Parsed {
  readonly document: Document | undefined
  readonly problems: readonly Problem[]
}

/** Parses YAML 1.2 (core schema). The document is undefined if the text is not YAML or not a map. */
export function parseSpec({ file, text, what = 'spec', ...options }: ParseOptions): Parsed {
  const { name, noun, hint } = kinds[what]
  const { content, problems } = parse({ file, text, noun, hint, isLiteral: false, ...options })
  if (content === undefined) return { document: undefined, problems }
  const { data } = content
  // What was wrong with all of its keys has been said.
  if (data === INVALID_VALUE) return { document: createDocument({ ...content, data: mapWith() }), problems }
  if (isMap(data)) return { document: createDocument({ ...content, data }), problems }
  const message = `${name} ${data === null ? 'is empty' : 'must be a map at the top level'}`
  const found = problem(content, [0, 1], 'not-a-map', message, hint)
  return { document: undefined, problems: [...problems, found] }
}

/** YAML or JSON that is no spec, as a document that has it at a path. Its texts are taken as they are: they have no expressions. */
export function parseData({
  file,
  text,
  at,
  pick = (data) => data,
}: Omit<ParseOptions, 'what'> & {
  readonly at: readonly string[]
  /** The part that is meant. */
  pick?(data: Value): Value
}): Parsed {
  const { content, problems } = parse({
    file,
    text,
    noun: 'data',
    hint: 'it is not YAML or JSON',
    isLiteral: true,
  })
  if (content === undefined) return { document: undefined, problems }
  const whole: Place = { value: [0, 1] }
  const data = at.reduceRight<Value>((value, key) => {
    const map = mapWith({ [key]: value })
    content.places.set(map, new Map([[key, whole]]))
    return map
  }, pick(content.data))
  return { document: isMap(data) ? createDocument({ ...content, data }) : undefined, problems }
}

const kinds = {
  spec: {
    name: 'the spec',
    noun: 'a spec',
    hint: 'start with "cluster: <name>" and "hosts:"; `converge init` writes a working example',
  },
  part: { name: 'the file', noun: 'a spec', hint: 'it has keys of a spec, such as "roles:" or "hosts:"' },
  secrets: { name: 'secrets.yaml', noun: 'a file of secrets', hint: '`converge secrets init` writes one' },
}

interface Parse extends Omit<ParseOptions, 'what'> {
  readonly noun: string
  /** What to do if it is something else. */
  readonly hint: string
  readonly isLiteral: boolean
}

function parse({ file, text, noun, hint: beginning, isLiteral, secretAt }: Parse): {
  readonly content: (Omit<DocumentParts, 'data'> & { readonly data: Value }) | undefined
  readonly problems: readonly Problem[]
} {
  const lines = new LineCounter()
  const source = { file, text, lines }
  if (hasTooManyTokens(text)) {
    const message = `more than ${maxTokens} tokens`
    const found = problem(source, [0, 1], 'too-large', message, 'split it into several clusters')
    return { content: undefined, problems: [found] }
  }
  lines.addNewLine(0)
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1)
  const composed = composeYaml(text)
  if (composed === 'too-deep') {
    const message = `nested more than ${maxDepth} levels deep`
    return { content: undefined, problems: [problem(source, [0, 1], 'too-deep', message)] }
  }
  const [yaml, second] = composed
  if (yaml === undefined) throw new InternalError('the YAML composer gave no document')
  const syntax = syntaxMistakes(text, yaml).map(({ range, message, hint }) =>
    problem(source, range, 'invalid-yaml', message, hint),
  )
  const isTaken = isYamlMap(yaml.contents) || isLiteral
  const other = isTaken && syntax.length === 0 ? undefined : otherLanguage(text)
  if (other !== undefined) {
    const message = `this is ${other.name}, not ${noun}`
    const found = problem(source, other.range, 'invalid-yaml', message, beginning)
    return { content: undefined, problems: [found] }
  }
  if (syntax.length > 0) return { content: undefined, problems: syntax }
  if (second !== undefined) {
    const hint = 'a file has one document: remove the "---"'
    const range: [number, number] = [second.range[0], second.range[0] + 3]
    const found = problem(source, range, 'invalid-yaml', 'a second YAML document begins here', hint)
    return { content: undefined, problems: [found] }
  }
  const converted = convertYaml({
    root: yaml.contents,
    text,
    isLiteral,
    ...(secretAt && { secretAt: (name, range) => secretAt(name, positionAt(range, source)) }),
  })
  const mistakes = converted.mistakes.map(({ range, code, message, hint }) =>
    problem(source, range, code, message, hint),
  )
  return { content: { ...source, data: converted.data, places: converted.places }, problems: mistakes }
}

/** Words, signs and white space: about 150,000 lines. */
const maxTokens = 1_000_000

/** More than the lexer ever makes: a sign, and marks without text around it. */
const tokensPerCharacter = 4

/** Counts before parsing: a parsed token takes a hundred times the memory of its text. */
function hasTooManyTokens(text: string): boolean {
  if (text.length * tokensPerCharacter < maxTokens) return false
  const tokens = new Lexer().lex(text)
  for (let count = 0; tokens.next().done !== true; count++) if (count === maxTokens) return true
  return false
}

/** Measures nesting first: composing recurses, and at the end of the stack the runtime may abort. */
function composeYaml(text: string): readonly YamlDocument.Parsed[] | 'too-deep' {
  const tokens = [...new Parser().parse(text)]
  if (tokens.some(isTooDeep)) return 'too-deep'
  const composer = new Composer({
    prettyErrors: false,
    // Checked in the conversion: the composer compares each key with all others.
    uniqueKeys: false,
    version: '1.2',
    schema: 'core',
    customTags: ['!literal', '!secret'].map((tag) => ({ tag, resolve: (text: string) => text })),
  })
  return [...composer.compose(tokens, true, text.length)]
}

function isTooDeep(document: CST.Token): boolean {
  let level: readonly (CST.Token | null | undefined)[] = document.type === 'document' ? [document.value] : []
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true
    level = level.flatMap((token) =>
      token && 'items' in token ? token.items.flatMap((item) => [item.key, item.value]) : [],
    )
  }
  return false
}

type Source = Pick<DocumentParts, 'file' | 'text' | 'lines'>

function problem(
  source: Source,
  range: readonly [number, number],
  code: SpecCode,
  message: string,
  hint?: string,
): Problem {
  return { code, message, hint, position: positionAt(range, source) }
}
