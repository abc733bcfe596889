import {
  Composer,
  type CST,
  isMap as isYamlMap,
  Lexer,
  LineCounter,
  Parser,
  type Document as YamlDocument,
} from 'yaml'
import type { Problem } from '../../model/diagnostic.ts'
import { InternalError } from '../../model/errors.ts'
import { convertYaml, maxDepth } from './convert.ts'
import { createDocument, type Document, type DocumentParts, positionAt } from './document.ts'
import { otherLanguage } from './other-language.ts'
import { syntaxMistakes } from './syntax.ts'

export interface ParseOptions {
  readonly file: string
  readonly text: string
  /** A spec unless given. */
  readonly words?: FileWords
}

/** How messages speak of a file. */
export interface FileWords {
  readonly name: string
  readonly noun: string
  /** What to do if it is missing. */
  readonly missing: string
  /** How one begins. */
  readonly beginning: string
}

export const specWords: FileWords = {
  name: 'the spec',
  noun: 'a spec',
  missing: 'name the spec with -f, or run `converge init`',
  beginning: 'start with "cluster: <name>" and "hosts:"; `converge init` writes a working example',
}

/** Parses YAML 1.2 (core schema). The document is undefined if the text is not YAML or not a map. */
export function parseSpec({ file, text, words = specWords }: ParseOptions): {
  readonly document: Document | undefined
  readonly problems: readonly Problem[]
} {
  const lines = new LineCounter()
  const source = { file, text, lines }
  if (hasTooManyTokens(text)) {
    const message = `more than ${maxTokens} tokens`
    const found = problem(source, [0, 1], 'too-large', message, 'split it into several clusters')
    return { document: undefined, problems: [found] }
  }
  lines.addNewLine(0)
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1)
  const composed = composeYaml(text)
  if (composed === 'too-deep') {
    const message = `nested more than ${maxDepth} levels deep`
    return { document: undefined, problems: [problem(source, [0, 1], 'too-deep', message)] }
  }
  const [yaml, second] = composed
  if (yaml === undefined) throw new InternalError('the YAML composer gave no document')
  const syntax = syntaxMistakes(text, yaml).map(({ range, message, hint }) =>
    problem(source, range, 'invalid-yaml', message, hint),
  )
  const other = isYamlMap(yaml.contents) && syntax.length === 0 ? undefined : otherLanguage(text)
  if (other !== undefined) {
    const message = `this is ${other.name}, not ${words.noun}`
    const found = problem(source, other.range, 'invalid-yaml', message, words.beginning)
    return { document: undefined, problems: [found] }
  }
  if (syntax.length > 0) return { document: undefined, problems: syntax }
  if (second !== undefined) {
    const hint = `${words.noun} is one document: remove the "---"`
    const range: [number, number] = [second.range[0], second.range[0] + 3]
    const found = problem(source, range, 'invalid-yaml', 'a second YAML document begins here', hint)
    return { document: undefined, problems: [found] }
  }
  if (!isYamlMap(yaml.contents)) {
    const message =
      yaml.contents === null ? `${words.name} is empty` : `${words.name} must be a map at the top level`
    return {
      document: undefined,
      problems: [problem(source, [0, 1], 'not-a-map', message, words.beginning)],
    }
  }
  const converted = convertYaml({ root: yaml.contents, text })
  const mistakes = converted.mistakes.map(({ range, code, message, hint }) =>
    problem(source, range, code, message, hint),
  )
  const document = createDocument({ ...source, data: converted.data, places: converted.places })
  return { document, problems: mistakes }
}

/** Words, signs and white space: about 150,000 lines. */
const maxTokens = 1_000_000

/** Counts before parsing: a parsed token takes a hundred times the memory of its text. */
function hasTooManyTokens(text: string): boolean {
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
    customTags: [{ tag: '!literal', resolve: (literal: string) => literal }],
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
  code: string,
  message: string,
  hint?: string,
): Problem {
  return { code, message, hint, position: positionAt(range, source) }
}
