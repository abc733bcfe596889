import type { ResourceDeclaration } from '../../model/cluster.ts'
import { given } from '../../model/given.ts'
import { perObject, perText } from '../../model/memo.ts'
import type { Path } from '../../model/path.ts'
import type { ResourceKind } from '../../model/resource.ts'
import type { ValueMap } from '../../model/value.ts'
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

/** An identity where a kind belongs: `file[/etc/motd]: { ... }`. */
function fromIdentity(kind: string, kinds: Readonly<Record<string, ResourceKind>>): string | undefined {
  const [, bare = '', name] = /^(\w+)\[(.+)\]$/.exec(kind) ?? []
  const required = kinds[bare]?.schema.required
  const [key] = Array.isArray(required) ? required : []
  return key === undefined ? undefined : `write ${bare}: { ${key}: ${name}, ... }`
}

/** The resources of a section. One without expressions is a single declaration for all hosts. */
export function createResourceDeclarer(
  resolution: Resolution,
): (section: Omit<Section, 'recipes'>, evaluator: Evaluator) => readonly ResourceDeclaration[] {
  const { document, problems, cache, kinds } = resolution
  const validatorOf = perText((kind: string) =>
    createValidator<ValueMap>(closeSchema(kinds[kind]?.schema ?? {}), kind),
  )

  const declare = (
    item: ValueMap,
    at: Path,
    layer: string,
    evaluator: Evaluator,
  ): readonly ResourceDeclaration[] => {
    const [entry] = Object.entries(item)
    if (entry === undefined) return []
    const [kind, written] = entry
    const path = [...at, kind]
    const position = document.locate(path, 'key')
    if (!Object.hasOwn(kinds, kind)) {
      const meant = kindElsewhere(kind)
      const hint = meant
        ? `did you mean ${meant}?`
        : (fromIdentity(kind, kinds) ?? nearestHint(kind, Object.keys(kinds), 'no kinds are known'))
      problems.error({
        code: 'unknown-kind',
        path,
        message: `there is no resource kind ${kind}`,
        hint,
        position,
      })
      return []
    }
    const desired = checkWritten(evaluator.evaluate(written, path), path, validatorOf(kind), resolution)
    if (desired === undefined || hasRespelt(desired, kind, path, evaluator)) return []
    const locate: ResourceDeclaration['locate'] = (below, line) =>
      document.locate([...path, ...below], line === undefined ? 'key' : { line })
    return [{ kind, desired, layer, path, locate, ...given({ position }) }]
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

  const declareOnce = perObject(declare)

  return ({ spec, path, layer }, evaluator) =>
    (spec?.resources ?? []).flatMap((item, index) => {
      const declareItem = cache.dynamic(item) ? declare : declareOnce
      return declareItem(item, [...path, 'resources', index], layer, evaluator)
    })
}
