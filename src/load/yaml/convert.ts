import {
  isAlias,
  isPair,
  isScalar,
  isSeq,
  isMap as isYamlMap,
  type Node,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Mistake } from '../../model/diagnostic.ts'
import { given } from '../../model/given.ts'
import type { Secret } from '../../model/secret.ts'
import { secretKeyPattern } from '../../model/secret-need.ts'
import type { SpecCode } from '../../model/spec-codes.ts'
import type { Value } from '../../model/value.ts'
import { isList, isMap } from '../../model/value.ts'
import { INVALID_VALUE } from './invalid-value.ts'
import { literalText } from './literal-text.ts'
import type { Place, Places } from './places.ts'

/** Valid YAML that a spec does not allow. */
interface YamlMistake extends Mistake {
  readonly range: readonly [number, number]
  readonly code: SpecCode
}

export interface Converted {
  readonly data: Value
  readonly places: Places
  readonly mistakes: readonly YamlMistake[]
}

/** Deepest nesting of a spec. */
export const maxDepth = 100
/** Number of values that aliases may add to a document when expanded. */
const maxAliased = 100_000

/** What the core schema reads, `!` for text, and the only tag of a spec. */
const knownTag = /^(?:!|!literal|!secret|tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq))$/
const secretName = new RegExp(secretKeyPattern)

/** `{ user:core }`, which YAML reads as a key without a value. */
const missingBlank = /^([A-Za-z_][\w-]*):([^\s/].*)$/

/**
 * YAML nodes as plain data: aliases shared, `<<` merged, `!literal` protected; with the place of each entry. `isLiteral`:
 * all texts are as with `!literal`.
 */
export function convertYaml(input: {
  readonly root: Node | null
  readonly text: string
  readonly isLiteral: boolean
  /** The secret of a name; absent where there are none. */
  secretAt?(name: string, range: readonly [number, number]): Secret
}): Converted {
  const { root, text, isLiteral, secretAt } = input
  const places: Places = new WeakMap()
  const mistakes: YamlMistake[] = []
  /** Values of anchored nodes; undefined while the node is being converted. */
  const anchored = new Map<Node, Value | undefined>()
  // The library would search the whole document for each alias.
  const anchors = new Map<string, Node>()
  const sizes = new WeakMap<object, number>()
  let aliased = 0

  const mistake = (node: unknown, code: SpecCode, message: string, hint?: string): Value => {
    mistakes.push({ range: rangeOf(node), code, message, hint })
    return INVALID_VALUE
  }

  const sizeOf = (value: Value): number =>
    typeof value === 'object' && value !== null ? (sizes.get(value) ?? 1) : 1

  const convert = (node: unknown): Value => {
    if (isAlias(node)) return convertAlias(node)
    if (!isScalar(node) && !isYamlMap(node) && !isSeq(node)) return null
    if (node.anchor === undefined) return convertValue(node)
    if (isScalar(node) && node.value === null && !node.source) return emptyAnchor(node)
    anchors.set(node.anchor, node)
    anchored.set(node, undefined)
    const value = convertValue(node)
    anchored.set(node, value)
    return value
  }

  const emptyAnchor = (node: Scalar): Value => {
    const written = `&${node.anchor}`
    const start = text.lastIndexOf(written, rangeOf(node)[0])
    const message = `${written} is read as an anchor, which has no value here`
    const hint = `if text is meant, put it in quotes: "${written}"`
    mistakes.push({ range: [start, start + written.length], code: 'empty-anchor', message, hint })
    return INVALID_VALUE
  }

  const convertAlias = (alias: { readonly source: string }): Value => {
    const node = anchors.get(alias.source)
    if (node === undefined || !anchored.has(node)) {
      const isName = /^[\w-]+$/.test(alias.source)
      const hint = isName ? undefined : `if text is meant, put it in quotes: "*${alias.source}"`
      return mistake(alias, 'unknown-anchor', `there is no anchor &${alias.source} before this`, hint)
    }
    const value = anchored.get(node)
    if (value === undefined) return mistake(alias, 'recursive-alias', `*${alias.source} contains itself`)
    const before = aliased
    aliased += sizeOf(value)
    if (aliased <= maxAliased) return value
    if (before > maxAliased) return INVALID_VALUE
    return mistake(
      alias,
      'alias-bomb',
      `aliases expand to more than ${maxAliased} values`,
      'use fewer aliases',
    )
  }

  const convertValue = (node: Scalar | YAMLMap | YAMLSeq): Value => {
    if (node.tag !== undefined && !knownTag.test(node.tag)) return unknownTag(node)
    if (node.tag === '!secret') return convertSecret(node)
    if (isScalar(node)) return convertScalar(node)
    return isYamlMap(node) ? convertMap(node) : convertList(node)
  }

  const unknownTag = (node: Scalar | YAMLMap | YAMLSeq): Value => {
    const [start] = rangeOf(node)
    const [, tag = '', after = ''] =
      /(!\S*)(\s*(?:&\S+\s*)?)$/.exec(text.slice(Math.max(0, start - 200), start)) ?? []
    const at = start - after.length - tag.length
    const message = `the tag ${tag} is not supported`
    const hint =
      tag === '!!binary'
        ? 'use contentBase64 of a file, or remove the tag'
        : 'the tags are !literal, for text, and !secret, for the key of a secret'
    mistakes.push({ range: [at, at + tag.length], code: 'unknown-tag', message, hint })
    return INVALID_VALUE
  }

  const convertSecret = (node: Scalar | YAMLMap | YAMLSeq): Value => {
    const name = isScalar(node) && typeof node.value === 'string' ? node.value : ''
    if (secretAt === undefined) return unknownTag(node)
    if (secretName.test(name.replace(/\.(public|certificate)$/, ''))) return secretAt(name, rangeOf(node))
    const message = `!secret ${isScalar(node) ? node.source : ''} is not the key of a secret`
    return mistake(
      node,
      'invalid-secret',
      message,
      'such as !secret web/db; !secret web/tls.certificate is a public half',
    )
  }

  const convertScalar = (node: Scalar): Value => {
    const { value, source } = node
    if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) {
      return mistake(
        node,
        'half-character',
        'the text has half a surrogate pair',
        'write the character itself',
      )
    }
    if (typeof value === 'string') return isLiteral || node.tag === '!literal' ? literalText(value) : value
    if (value === null || typeof value === 'boolean') return value
    const exact = typeof value === 'number' && Number.isFinite(value)
    if (exact && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value
    const written = source ?? String(value)
    const why = exact ? 'is too large to be kept exactly as a number' : 'is not a number that a spec can hold'
    return mistake(node, 'unusable-number', `${written} ${why}`, `to use it as text, write "${written}"`)
  }

  const convertList = (node: YAMLSeq): Value => {
    const entries = new Map<string, Place>()
    const list = node.items.map((item, index) => {
      entries.set(String(index), placeOf(item))
      return convert(item)
    })
    return remember(list, entries)
  }

  const convertMap = (node: YAMLMap): Value => {
    const expression = bareExpression(node)
    if (expression !== undefined) return expression
    const map: Record<string, Value> = Object.create(null)
    const entries = new Map<string, Place>()
    const merges: { readonly node: unknown; readonly value: Value }[] = []
    for (const [index, pair] of node.items.entries()) {
      if (!isScalar(pair.key)) {
        mistake(pair.key ?? pair.value, 'invalid-key', 'a key must be text')
        continue
      }
      if (pair.key.anchor !== undefined) anchors.set(pair.key.anchor, pair.key)
      const value = convert(pair.value)
      if (pair.key.value === '<<' && pair.key.type === Scalar.PLAIN) {
        merges.push({ node: pair.value, value })
        continue
      }
      const hidden = foreignComment(node.flow === true, pair.key)
      if (hidden !== undefined) {
        map[hidden] = value
        entries.set(hidden, { ...placeOf(pair.value), key: rangeOf(pair.key) })
        continue
      }
      const split = splitByComma(node, index)
      if (split !== undefined) {
        const hint = `put the text in quotes: "${split.text}"`
        mistake(pair.key, 'split-text', `within { } a comma ends the text before ${pair.key.source}`, hint)
        map[split.key] = INVALID_VALUE
        continue
      }
      const missing =
        node.flow === true && pair.value === null ? missingBlank.exec(pair.key.source ?? '') : null
      if (missing !== null) {
        const [written, name, rest] = missing
        mistake(
          pair.key,
          'missing-blank',
          `a blank is missing after ${name}: in ${written}`,
          `write ${name}: ${rest}`,
        )
      }
      const key =
        missing?.[1] ??
        (typeof pair.key.value === 'string' ? pair.key.value : (pair.key.source ?? String(pair.key.value)))
      if (entries.has(key)) {
        mistake(pair.key, 'duplicate-key', `the key ${key} is duplicated`, 'keep one, or merge the two')
        continue
      }
      map[key] = missing === null ? value : INVALID_VALUE
      entries.set(key, { ...placeOf(pair.value), key: rangeOf(pair.key) })
    }
    if (entries.size === 0 && merges.length === 0 && node.items.length > 0) return INVALID_VALUE
    for (const merge of merges) mergeInto(map, entries, merge)
    return remember(map, entries)
  }

  /** The key that follows a comment of JSON with comments, which YAML reads as part of the key. */
  const foreignComment = (isFlow: boolean, key: Scalar): string | undefined => {
    const [, sign, after] = /^(\/\/|\/\*)(?:.*["'\s]([\w-]+)["']?)?$/s.exec(key.source ?? '') ?? []
    if (!isFlow || key.type !== Scalar.PLAIN || sign === undefined) return undefined
    mistake(key, 'foreign-comment', `${sign} does not begin a comment`, 'begin it with #')
    return after ?? key.source
  }

  /** The whole text if an entry is its end, such as `docker` of `{ groups: sudo,docker }`: the comma has no blank. */
  const splitByComma = ({ flow, items }: YAMLMap, index: number) => {
    const [before, own] = [items[index - 1], items[index]]
    if (flow !== true || own?.value !== null || !isScalar(own.key)) return undefined
    const isPlain = isScalar(before?.value) && before.value.type === Scalar.PLAIN
    if (!isPlain || !isScalar(before.key) || !isScalar(before.value)) return undefined
    const [start, end] = rangeOf(before.value)
    const [from, to] = rangeOf(own.key)
    return from === end + 1 ? { key: String(before.key.value), text: text.slice(start, to) } : undefined
  }

  /** `<<`: what the map itself has wins, then earlier sources. */
  const mergeInto = (
    map: Record<string, Value>,
    entries: Map<string, Place>,
    { node, value }: { readonly node: unknown; readonly value: Value },
  ): void => {
    for (const source of isList(value) ? value : [value]) {
      if (!isMap(source)) {
        mistake(node, 'invalid-merge', '<< takes a map, or a list of maps', 'such as <<: *defaults')
        continue
      }
      for (const [key, inherited] of Object.entries(source)) {
        if (Object.hasOwn(map, key)) continue
        map[key] = inherited
        const place = places.get(source)?.get(key)
        if (place !== undefined) entries.set(key, place)
      }
    }
  }

  /** YAML reads a bare `{{x}}` as a map whose key is a map. Undefined if this is not one. */
  const bareExpression = (node: YAMLMap): Value | undefined => {
    const [pair] = node.items
    if (node.items.length !== 1 || !isPair(pair) || !isYamlMap(pair.key)) return undefined
    const [start, end] = rangeOf(node)
    const written = text.slice(start, end).trim()
    if (!/^\{\{[^{}]*\}\}$/.test(written)) return undefined
    return mistake(
      node,
      'bare-expression',
      `YAML reads ${written} as a map`,
      `put it in quotes: "${written}"`,
    )
  }

  const remember = <T extends Value & object>(container: T, entries: ReadonlyMap<string, Place>): T => {
    places.set(container, entries)
    let size = 1
    for (const value of Object.values(container)) size += sizeOf(value)
    sizes.set(container, size)
    return Object.freeze(container)
  }

  return { data: convert(root), places, mistakes }
}

function placeOf(node: unknown): Place {
  const source = isScalar(node) && node.type === Scalar.PLAIN ? node.source : undefined
  return { value: rangeOf(node), ...given({ source }) }
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = isScalar(node) || isYamlMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined
  return range ? [range[0], range[1]] : [0, 0]
}
