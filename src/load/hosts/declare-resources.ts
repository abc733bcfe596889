import type { ResourceDeclaration } from '../../model/cluster.ts'
import type { ValueMap } from '../../model/value.ts'
import type { Evaluator } from '../expressions/evaluate.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import type { HostSpec, RoleSpec } from '../schema/cluster-schema.ts'
import { closeSchema } from '../schema/editor-schema.ts'
import { declarationSchema } from '../schema/relations-schema.ts'
import { createValidator, type Validator } from '../schema/validate.ts'
import { suggestHint } from '../suggest.ts'
import { valueAt } from '../yaml/document.ts'
import type { Path } from '../yaml/path.ts'

/** Resources of a host's roles and its own, in that order. What has no expressions is one declaration for all hosts. */
export function createResourceDeclarer(
  resolution: Resolution,
): (entry: HostEntry, evaluator: Evaluator) => readonly ResourceDeclaration[] {
  const { document, problems, cache, kinds, spec: cluster } = resolution
  const validators = new Map<string, Validator<ValueMap>>()
  const shared = new WeakMap<ValueMap, readonly ResourceDeclaration[]>()

  const validatorOf = (kind: string): Validator<ValueMap> => {
    const before = validators.get(kind)
    if (before !== undefined) return before
    const validator = createValidator<ValueMap>(
      closeSchema(declarationSchema(kinds[kind]?.schema ?? {})),
      kind,
    )
    validators.set(kind, validator)
    return validator
  }

  const declare = (
    item: ValueMap,
    at: Path,
    layer: string,
    evaluator: Evaluator,
  ): readonly ResourceDeclaration[] => {
    const [entry] = Object.entries(item)
    if (entry === undefined) return []
    const [kind, given] = entry
    const path = [...at, kind]
    const position = document.locate(path, 'key')
    if (!Object.hasOwn(kinds, kind)) {
      const hint = suggestHint(kind, Object.keys(kinds), 'no kinds are known')
      problems.error({
        code: 'unknown-kind',
        path,
        message: `there is no resource kind ${kind}`,
        hint,
        position,
      })
      return []
    }
    const desired = evaluator.evaluate(given, path)
    if (desired === undefined) return []
    const result = validatorOf(kind)(desired, (below) => document.source([...path, ...below]))
    if (result.ok)
      return [{ kind, desired: result.value, layer, ...(position === undefined ? {} : { position }) }]
    for (const mistake of result.mistakes) {
      // What was written, but is not in the evaluated value, has a wrong expression, which has been reported.
      if (mistake.missing !== undefined && valueAt(given, [...mistake.path, mistake.missing]) !== undefined)
        continue
      const where = [...path, ...mistake.path]
      const place = document.locate(where, mistake.part)
      problems.error({ ...mistake, path: where, position: place ?? position })
    }
    return []
  }

  const declareAll = (
    spec: HostSpec | RoleSpec | null,
    prefix: Path,
    layer: string,
    evaluator: Evaluator,
  ): readonly ResourceDeclaration[] => {
    const items = spec?.resources ?? []
    const path = [...prefix, 'resources']
    return items.flatMap((item, index) => {
      if (cache.dynamic(item)) return declare(item, [...path, index], layer, evaluator)
      const declared = shared.get(item) ?? declare(item, [...path, index], layer, evaluator)
      shared.set(item, declared)
      return declared
    })
  }

  return (entry, evaluator) => [
    ...entry.roles.flatMap((role) =>
      declareAll(cluster.roles?.[role] ?? null, ['roles', role], `role ${role}`, evaluator),
    ),
    ...declareAll(entry.spec, entry.path, entry.layer, evaluator),
  ]
}
