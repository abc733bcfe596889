import type { LeftOut, ResourceDeclaration } from '../../model/cluster.ts'
import type { Position } from '../../model/diagnostic.ts'
import { given } from '../../model/given.ts'
import { perObject, perText } from '../../model/memo.ts'
import type { Path } from '../../model/path.ts'
import { specOnly } from '../../model/relations.ts'
import type { ResourceKind } from '../../model/resource.ts'
import { isList, isMap, mapWith, type Value, type ValueMap } from '../../model/value.ts'
import { closeSchema } from '../../validation/json-schema.ts'
import { nearestHint } from '../../validation/nearest.ts'
import { createValidator } from '../../validation/validator.ts'
import { respeltMistake } from '../../validation/value-mistake.ts'
import { kindElsewhere } from '../../validation/words-elsewhere.ts'
import type { Evaluator } from '../expressions/evaluate.ts'
import type { Resolution, Section } from '../resolution.ts'
import { checkWritten } from '../schema/check-written.ts'
import { textNumbers } from '../schema/text-numbers.ts'
import { valueAt } from '../yaml/document.ts'

const checkWhen = createValidator<boolean>({ ...specOnly.when }, 'when')
const checkForEach = createValidator<readonly Value[] | ValueMap>({ ...specOnly.forEach }, 'forEach')

/** What of a resource is for the loader, and the rest. */
function withoutControls(written: Value): {
  readonly own: Value
  readonly when?: Value | undefined
  readonly forEach?: Value | undefined
} {
  const hasControls = isMap(written) && (Object.hasOwn(written, 'when') || Object.hasOwn(written, 'forEach'))
  return hasControls ? split(written) : { own: written }
}

const split = perObject((written: ValueMap) => {
  const { when, forEach, ...own } = written
  return { own: mapWith(own), when, forEach }
})

/** An identity where a kind belongs: `file[/etc/motd]: { ... }`. */
function fromIdentity(kind: string, kinds: Readonly<Record<string, ResourceKind>>): string | undefined {
  const [, bare = '', name] = /^(\w+)\[(.+)\]$/.exec(kind) ?? []
  const required = kinds[bare]?.schema.required
  const [key] = Array.isArray(required) ? required : []
  return key === undefined ? undefined : `write ${bare}: { ${key}: ${name}, ... }`
}

/** Evaluates expressions of a host, and tells where its values were written. */
export interface HostValues {
  readonly evaluator: Evaluator
  locate(path: Path): Position | undefined
}

/** An item of `forEach`. */
interface Item {
  readonly key: string | number
  readonly value: Value
  readonly position: Position | undefined
  /** Its path in what expressions know, or in the document. */
  readonly path: Path
}

/** The resources of a section. One without expressions is a single declaration for all hosts. */
export function createResourceDeclarer(
  resolution: Resolution,
): (section: Omit<Section, 'recipes'>, values: HostValues) => readonly (ResourceDeclaration | LeftOut)[] {
  const { document, problems, cache, kinds } = resolution
  const validatorOf = perText((kind: string) =>
    createValidator<ValueMap>(closeSchema(kinds[kind]?.schema ?? {}), kind),
  )

  /** What an entry declares for a host; what all hosts share is worked out once. */
  const readEntry = (
    item: ValueMap,
    at: Path,
    layer: string,
  ): ((values: HostValues) => readonly (ResourceDeclaration | LeftOut)[]) => {
    const [entry] = Object.entries(item)
    if (entry === undefined) return () => []
    const [kind, written] = entry
    const path = [...at, kind]
    const position = document.locate(path, 'key')
    if (!Object.hasOwn(kinds, kind))
      return () => {
        const meant = kindElsewhere(kind)
        const hint = meant
          ? `did you mean ${meant}?`
          : (fromIdentity(kind, kinds) ?? nearestHint(kind, Object.keys(kinds), 'no kinds are known'))
        const message = `there is no resource kind ${kind}`
        problems.error({ code: 'unknown-kind', path, message, hint, position })
        return []
      }
    const locate: ResourceDeclaration['locate'] = (below, line) =>
      document.locate([...path, ...below], line === undefined ? 'key' : { line })
    const shared = { kind, layer, path, locate, ...given({ position }) }
    // Not by a spread: V8 would give each of them a hidden class of its own.
    const declaration = (own: Pick<ResourceDeclaration, 'desired' | 'item'>): ResourceDeclaration =>
      Object.assign({}, shared, own)
    const validate = validatorOf(kind)
    const { own, when, forEach } = withoutControls(written)
    const make = (evaluator: Evaluator): ValueMap | undefined => {
      if (when !== undefined && !isWanted(when, path, evaluator)) return undefined
      const desired = checkWritten(evaluator.evaluate(own, path), path, validate, resolution, evaluator)
      return desired === undefined || hasRespelt(desired, kind, path, evaluator) ? undefined : desired
    }
    const declare = (values: HostValues): readonly ResourceDeclaration[] => {
      if (forEach === undefined) {
        const desired = make(values.evaluator)
        return desired === undefined ? [] : [declaration({ desired })]
      }
      return itemsOf(forEach, [...path, 'forEach'], values).flatMap((found) => {
        const names = mapWith({ item: found.value, key: found.key })
        const places = new Map([['item', found.path]])
        const desired = make(values.evaluator.within(names, places))
        const item = { key: String(found.key), ...given({ position: found.position }) }
        return desired === undefined ? [] : [declaration({ desired, item })]
      })
    }
    const leftOut: readonly LeftOut[] = [{ ...shared, isLeftOut: true }]
    const declareAny = (values: HostValues) => {
      const declared = declare(values)
      return declared.length > 0 ? declared : leftOut
    }
    if (cache.dynamic(item)) return declareAny
    let fixed: readonly (ResourceDeclaration | LeftOut)[] | undefined
    return (values) => {
      fixed ??= declareAny(values)
      return fixed
    }
  }

  const isWanted = (when: Value, at: Path, evaluator: Evaluator): boolean => {
    const path = [...at, 'when']
    return checkWritten(evaluator.evaluate(when, path), path, checkWhen, resolution, evaluator) ?? false
  }

  const itemsOf = (forEach: Value, path: Path, { evaluator, locate }: HostValues): readonly Item[] => {
    const items =
      checkWritten(evaluator.evaluate(forEach, path), path, checkForEach, resolution, evaluator) ?? []
    const from = typeof forEach === 'string' ? evaluator.pathOf(forEach) : undefined
    const pairs = isList(items) ? [...items.entries()] : Object.entries(items)
    return pairs.map(([key, value]) => ({
      key,
      value,
      path: [...(from ?? path), key],
      position: from === undefined ? document.locate([...path, key], 'value') : locate([...from, key]),
    }))
  }

  /** Reports numbers that the kind writes as text, in another spelling than theirs. */
  const hasRespelt = (desired: ValueMap, kind: string, path: Path, evaluator: Evaluator): boolean => {
    let has = false
    for (const below of textNumbers(desired, kinds[kind]?.schema)) {
      const at = [...path, ...below]
      const value = valueAt(desired, below)
      const written = valueAt(document.data, at)
      const from = typeof written === 'string' ? evaluator.respelt(written) : undefined
      const spelling = from?.spelling ?? document.source(at)
      if (typeof value !== 'number' || spelling === undefined || spelling === String(value)) continue
      const mistake = respeltMistake(String(below.at(-1)), value, spelling)
      problems.error({ code: 'respelt-number', path: at, ...mistake, position: document.locate(at, 'value') })
      has = true
    }
    return has
  }

  const entriesOf = perObject((spec: NonNullable<Section['spec']>) =>
    perText((layer, path: Path) =>
      (spec.resources ?? []).map((item, index) => readEntry(item, [...path, 'resources', index], layer)),
    ),
  )

  return ({ spec, path, layer }, values) =>
    spec === null ? [] : entriesOf(spec)(layer, path).flatMap((declare) => declare(values))
}
