import type { Mistake } from '../../model/diagnostic.ts'
import { perObject, perText } from '../../model/memo.ts'
import { formatPath, type Path } from '../../model/path.ts'
import { isSecret, Secret } from '../../model/secret.ts'
import { emptyMap, isList, isMap, mapWith, type Value, type ValueMap } from '../../model/value.ts'
import { nearest } from '../../validation/nearest.ts'
import { shown } from '../../validation/value-mistake.ts'
import { pathElsewhere } from '../../validation/words-elsewhere.ts'
import { childOf, valueAt } from '../yaml/document.ts'
import { INVALID_VALUE } from '../yaml/invalid-value.ts'
import { largestTextsMiB } from './bounds.ts'
import {
  ExpressionError,
  hasExpression,
  type Mustache,
  parseTemplate,
  type Template,
  type Term,
} from './expression.ts'
import { describeValue, HelperError } from './helpers.ts'

/** Called once per place for a wrong expression at `path`. */
type ReportExpression = (path: Path, error: ExpressionError) => void

export interface Evaluator {
  /** A value with its expressions evaluated. A wrong one is reported, and becomes undefined or a missing key. */
  evaluate(value: Value, path: Path): Value | undefined
  /** Where a number whose spelling differs from its value was written, if the text is an expression that yields it. */
  respelt(text: string): RespeltNumber | undefined
  /** The path, if the text is an expression that is nothing but one. */
  pathOf(text: string): Path | undefined
  /**
   * The values that the expressions of a text name, as an end of a message: `; attributes.app.port is "8o80", from
   * roles.yaml:4`. Empty for those that are from nowhere else.
   */
  inPlay(text: string): string
  /** An evaluator that also knows these names; a place is where a value of one of them was written. */
  within(names: ValueMap, places: ReadonlyMap<string, Path>): Evaluator
}

/** A number that YAML reads as another text than the written one: 1.20 as 1.2. */
interface RespeltNumber {
  readonly path: Path
  readonly value: number
  readonly spelling: string
}

export interface EvaluatorInput {
  /** What paths can name; expressions within it are evaluated when asked for. */
  readonly scope: ValueMap
  readonly report: ReportExpression
  /** Where the value at a path was set, in words. */
  originOf?(path: Path): string | undefined
  /** How numbers were written, if they are from a spec. */
  readonly numbers?: WrittenNumbers
  readonly cache: TemplateCache
}

interface WrittenNumbers {
  /** A plain scalar of the scope as written. */
  spelling(path: Path): string | undefined
  /** Called for a number of which a text is made, but whose spelling would be lost. */
  report(number: RespeltNumber): void
}

/** How many values may refer to one another in a row. */
const maxReferences = 100

/** Longest text that expressions may build. */
const maxText = 1024 * 1024

/** Parsed texts and containers, shared by all hosts. */
export interface TemplateCache {
  template(text: string): Template
  /** Whether there is any expression in the value or below it. */
  dynamic(value: Value): boolean
  /** Counts what an expression has built. Throws an ExpressionError if all of them have built too much. */
  count(text: string): string
}

export function createTemplateCache(hosts = 1): TemplateCache {
  const limitMiB = largestTextsMiB(hosts)
  const holdsExpression = perObject((value: Value & object): boolean => Object.values(value).some(dynamic))
  const dynamic = (value: Value): boolean => {
    if (typeof value === 'string') return hasExpression(value)
    return typeof value === 'object' && value !== null && holdsExpression(value)
  }
  let built = 0
  return {
    dynamic,
    count(text) {
      built += text.length
      if (built > limitMiB * 1024 * 1024)
        throw new ExpressionError(`the texts of all expressions exceed ${limitMiB} MiB`)
      return text
    },
    template: perText((text) => {
      if (text.length > maxText) throw new ExpressionError('a text with expressions exceeds 1 MiB')
      return parseTemplate(text)
    }),
  }
}

/** Evaluates the expressions of one host. References between attributes are followed when needed; cycles are reported. */
export function createEvaluator(input: EvaluatorInput): Evaluator {
  const { scope, report, numbers, cache, originOf } = input
  const done = new Map<string, Value | undefined>()
  const active: string[] = []

  const evaluate = (value: Value, path: Path): Value | undefined => {
    if (!cache.dynamic(value)) return value
    const work = () =>
      typeof value === 'string' ? evaluateText(value, path) : evaluateContainer(value, path)
    // Only what is in the scope can be referred to.
    return Object.hasOwn(scope, String(path[0])) ? once(formatPath(path), work) : work()
  }

  const once = (key: string, work: () => Value | undefined): Value | undefined => {
    if (done.has(key)) return done.get(key)
    const cycleFrom = active.indexOf(key)
    if (cycleFrom >= 0) {
      throw new ExpressionError(`this refers to itself: ${[...active.slice(cycleFrom), key].join(' -> ')}`)
    }
    if (active.length > maxReferences)
      throw new ExpressionError(`this refers to others over more than ${maxReferences} steps`)
    active.push(key)
    try {
      const result = work()
      done.set(key, result)
      return result
    } finally {
      active.pop()
    }
  }

  const evaluateContainer = (value: Value, path: Path): Value | undefined => {
    if (isList(value)) {
      const list = value.map((element, index) => evaluate(element, [...path, index]))
      return list.every((element) => element !== undefined) ? Object.freeze(list) : undefined
    }
    if (!isMap(value)) return value
    const map = emptyMap<Value>()
    for (const [key, element] of Object.entries(value)) {
      const result = evaluate(element, [...path, key])
      if (result !== undefined) map[key] = result
    }
    return Object.freeze(map)
  }

  /** Every wrong expression of a text is reported. */
  const evaluateText = (text: string, path: Path): Value | undefined => {
    if (text === INVALID_VALUE) return undefined
    const reporting = <T>(work: () => T): T | undefined => {
      try {
        return work()
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error
        report(path, error)
        return undefined
      }
    }
    const template = reporting(() => cache.template(text)) ?? []
    const [only] = template
    if (template.length === 1 && isMustache(only))
      return reporting(() => {
        const value = termValue(only.term)
        return typeof value === 'string' && only.term.type === 'call' ? cache.count(value) : value
      })
    const texts = template.flatMap((piece) =>
      typeof piece === 'string' ? piece : (reporting(() => textOf(piece)) ?? []),
    )
    if (template.length === 0 || texts.length < template.length) return undefined
    const length = texts.reduce((sum, piece) => sum + (isSecret(piece) ? 0 : piece.length), 0)
    return reporting(() => {
      if (length > maxText) throw new ExpressionError('the resulting text exceeds 1 MiB')
      const whole = Secret.concat(texts)
      return typeof whole === 'string' ? cache.count(whole) : whole
    })
  }

  const textOf = (piece: Mustache | ExpressionError): string | Secret | undefined => {
    if (piece instanceof ExpressionError) throw piece
    const value = termValue(piece.term)
    if (value === undefined || hasRespelt(piece.term)) return undefined
    if (isSecret(value)) return value
    if (value !== null && typeof value !== 'object') return String(value)
    const hint = value === null ? 'give it a fallback with default' : 'use join or json'
    const { written } = piece
    const message = `${written.text} is ${describeValue(value)}, which cannot be part of a text`
    throw new ExpressionError(message + valuesOf([piece.term]), { hint, within: written })
  }

  const termValue = (term: Term): Value | undefined => {
    if (term.type === 'literal') return term.value
    if (term.type === 'path') {
      const found = lookUp(term.parts)
      if (found.found) return found.value
      throw new ExpressionError(found.message, { hint: found.hint, within: term.written })
    }
    return callValue(term)
  }

  const callValue = (call: Term & { readonly type: 'call' }): Value | undefined => {
    const args: (Value | undefined)[] = []
    for (const [index, arg] of call.args.entries()) {
      const optional = index === 0 && call.helper.optional === true && arg.type === 'path'
      const found = optional ? lookUp(arg.parts) : undefined
      const value = found === undefined ? termValue(arg) : found.found ? found.value : undefined
      if (value === undefined && (found === undefined || found.found)) return undefined
      args.push(value)
    }
    if (call.helper.makesText && call.args.map(hasRespelt).includes(true)) return undefined
    try {
      return call.helper.call(args)
    } catch (error) {
      if (!(error instanceof HelperError)) throw error
      const message = error.message + valuesOf(call.args)
      throw new ExpressionError(message, { hint: call.helper.usage, within: call.written })
    }
  }

  /** Reports the numbers that a path, or the fallback of a call, yields. */
  const hasRespelt = (term: Term): boolean => {
    if (term.type === 'literal') return false
    if (term.type === 'call') return term.helper.optional === true && term.args.map(hasRespelt).includes(true)
    const found = respeltAt(term.parts)
    for (const number of found) numbers?.report(number)
    return found.length > 0
  }

  /** The numbers at a path, or in the list there; through expressions that are nothing but a path. */
  const respeltAt = (parts: Path): readonly RespeltNumber[] => {
    const value = valueAt(scope, parts)
    if (isList(value)) return value.flatMap((_, index) => respeltAt([...parts, index]))
    if (typeof value === 'string' && value !== INVALID_VALUE && cache.dynamic(value)) {
      const target = onlyPath(value)
      return target === undefined || formatPath(target) === formatPath(parts) ? [] : respeltAt(target)
    }
    const written = typeof value === 'number' ? numbers?.spelling(parts) : undefined
    if (typeof value !== 'number' || written === undefined || written === String(value)) return []
    return [{ path: parts, value, spelling: written }]
  }

  const onlyPath = (text: string): Path | undefined => {
    const [only, more] = cache.template(text)
    return more === undefined && isMustache(only) && only.term.type === 'path' ? only.term.parts : undefined
  }

  /** Where a value was set that is passed on by expressions that are nothing but a path. */
  const sourceOf = (parts: Path): Path => {
    const value = valueAt(scope, parts)
    const isText = typeof value === 'string' && value !== INVALID_VALUE && cache.dynamic(value)
    const next = isText ? onlyPath(value) : undefined
    return next === undefined ? parts : sourceOf(next)
  }

  const valuesOf = (terms: readonly Term[]): string => {
    const values = terms.flatMap((term): readonly string[] => {
      if (term.type === 'literal') return []
      if (term.type === 'call') return [valuesOf(term.args)]
      const found = lookUp(term.parts)
      const origin = originOf?.(sourceOf(term.parts))
      if (!found.found || found.value === undefined || origin === undefined) return []
      return [`; ${formatPath(term.parts)} is ${shown(found.value)}, from ${origin}`]
    })
    return [...new Set(values)].join('')
  }

  const inPlay = (text: string): string => {
    if (text === INVALID_VALUE || !cache.dynamic(text)) return ''
    return valuesOf(cache.template(text).flatMap((piece) => (isMustache(piece) ? [piece.term] : [])))
  }

  const lookUp = (parts: readonly string[]): Lookup => {
    const path: (string | number)[] = []
    let value: Value = scope
    // The result of an expression is final: `{{` in it is only text.
    let final = false
    for (const part of parts) {
      if (typeof value === 'string' && !final && cache.dynamic(value)) {
        const evaluated = evaluate(value, path)
        if (evaluated === undefined) return { found: true, value: undefined }
        value = evaluated
        final = true
      }
      const next = childOf(value, part)
      if (next === undefined) return { found: false, ...unknownPath(parts, path, value) }
      path.push(isList(value) ? Number(part) : part)
      value = next
    }
    return { found: true, value: final ? value : evaluate(value, path) }
  }

  const unknownPath = (parts: readonly string[], known: Path, container: Value): Mistake => {
    const [first = ''] = parts
    const wanted = parts[known.length] ?? ''
    const rest = parts.slice(known.length + 1)
    const names = isMap(container) ? Object.keys(container) : []
    const likely = nearest(wanted, names)
    const hint = (path: Path) => `did you mean ${formatPath([...path, ...rest])}?`
    if (known.length > 0) {
      const message = `unknown path ${formatPath(parts)}: ${formatPath(known)} has no ${wanted}`
      return { message, hint: likely && hint([...known, likely]) }
    }
    const message = `unknown path ${formatPath(parts)}`
    if (childOf(scope.attributes ?? null, first) !== undefined)
      return { message, hint: hint(['attributes', first]) }
    if ((first === 'item' || first === 'key') && !Object.hasOwn(scope, first))
      return { message, hint: `${first} is known only in a resource with forEach` }
    const elsewhere = parts.length === 1 ? pathElsewhere(first) : undefined
    if (elsewhere !== undefined) return { message, hint: `did you mean ${elsewhere}?` }
    return { message, hint: likely === undefined ? `in scope: ${scopeWords(scope)}` : hint([likely]) }
  }

  const respelt = (text: string) => {
    const path = cache.dynamic(text) ? onlyPath(text) : undefined
    return path && respeltAt(path)[0]
  }

  return {
    evaluate(value, path) {
      // The time limit may have stopped the evaluation before, without its `finally`.
      active.length = 0
      return evaluate(value, path)
    },
    respelt,
    inPlay,
    pathOf: (text) => (cache.dynamic(text) ? onlyPath(text) : undefined),
    within(names, places) {
      const placed = (path: Path): Path => {
        const place = places.get(String(path[0]))
        return place === undefined ? path : [...place, ...path.slice(1)]
      }
      return createEvaluator({
        ...input,
        scope: mapWith(scope, names),
        ...(originOf && { originOf: (path) => originOf(placed(path)) }),
        ...(numbers && {
          numbers: {
            spelling: (path) => numbers.spelling(placed(path)),
            report: (number) => numbers.report({ ...number, path: placed(number.path) }),
          },
        }),
      })
    },
  }
}

function isMustache(piece: Template[number] | undefined): piece is Mustache {
  return typeof piece === 'object' && !(piece instanceof ExpressionError)
}

type Lookup =
  | { readonly found: true; readonly value: Value | undefined }
  | ({ readonly found: false } & Mistake)

/** `index, host.name, host.address, attributes.*`: maps by their keys, open ones with a star. */
function scopeWords(scope: ValueMap): string {
  return Object.entries(scope)
    .flatMap(([name, value]) => {
      if (!isMap(value)) return [name]
      if (name === 'attributes' || name === 'platform') return [`${name}.*`]
      return Object.keys(value).map((key) => `${name}.${key}`)
    })
    .join(', ')
}
