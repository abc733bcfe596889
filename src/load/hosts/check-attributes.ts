import type { Position } from '../../model/diagnostic.ts'
import { perObject, perText } from '../../model/memo.ts'
import { isList, isMap, mapWith, type Value, type ValueMap } from '../../model/value.ts'
import { closeSchema } from '../../validation/json-schema.ts'
import { nearest } from '../../validation/nearest.ts'
import { createValidator, refuseBadSchema, type Validator } from '../../validation/validator.ts'
import type { Evaluator } from '../expressions/evaluate.ts'
import { checkLayered, locateLayered } from '../layers/check-layered.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { childOf } from '../yaml/document.ts'

/** Checks the attributes of hosts against the schemas of the recipes that they run: each distinct tree once. */
export function createAttributeChecker(
  resolution: Resolution,
): (entry: HostEntry, attributes: ValueMap, evaluator: Evaluator) => void {
  const checkerOf = perText((recipe: string, position: Position | undefined) => {
    const validate = compile(recipe, position, resolution)
    const schema = closeSchema(resolution.recipes[recipe]?.recipe.attributes ?? {})
    type Rest = [HostEntry, Position | undefined, Evaluator]
    const check = (own: Value, ...[entry, fallback, evaluator]: Rest) =>
      validate &&
      checkLayered({
        ...layeredCheck(recipe, fallback, resolution),
        entry,
        evaluator,
        value: own,
        validate,
        schema,
      })
    const checkOnce = perObject((own: Value & object, ...rest: Rest) => check(own, ...rest))
    return (own: Value, ...rest: Rest) =>
      isMap(own) || isList(own) ? checkOnce(own, ...rest) : check(own, ...rest)
  })
  const reportOnce = perObject((entry: HostEntry, attributes: ValueMap) =>
    reportNearMisses(entry, attributes, resolution),
  )

  return (entry, attributes, evaluator) => {
    reportOnce(entry, attributes)
    for (const { recipe, position } of entry.runList) {
      const own = childOf(attributes, recipe) ?? mapWith()
      checkerOf(recipe, position)(own, entry, position, evaluator)
    }
  }
}

function layeredCheck(recipe: string, fallback: Position | undefined, { problems, recipes }: Resolution) {
  const definition = recipes[recipe]?.instanceOf
  return {
    path: ['attributes', recipe],
    problems,
    fallback,
    missing(paths: readonly string[], { stack }: HostEntry) {
      const it = paths.length === 1 ? 'it' : 'them'
      const ofOther = definition !== undefined && childOf(stack.value.attributes ?? null, definition)
      return {
        message: `the recipe ${recipe} needs ${paths.join(' and ')}, which no layer sets`,
        hint: ofOther
          ? `the attributes below ${definition} are not those of its instance: set ${it} below ${recipe}`
          : `set ${it} under attributes: of the cluster, an environment, a role or the host`,
      }
    },
  }
}

function compile(
  recipe: string,
  position: Position | undefined,
  { recipes, problems, spec }: Resolution,
): Validator<Value> | undefined {
  const schema = recipes[recipe]?.recipe.attributes ?? {}
  try {
    if (Object.hasOwn(spec.recipes ?? {}, recipe)) refuseBadSchema(schema)
    return createValidator(closeSchema({ ...schema, type: 'object' }), recipe, { takesSecrets: true })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `the attribute schema of the recipe ${recipe} is not valid: ${why}`
    problems.error({ code: 'invalid-recipe', message, position })
    return undefined
  }
}

/** Reports `ectd:` for `etcd:`, which would have no effect; other names are free for expressions. */
function reportNearMisses(entry: HostEntry, attributes: ValueMap, { recipes, problems }: Resolution): void {
  const used = entry.runList.map(({ recipe }) => recipe)
  for (const name of Object.keys(attributes)) {
    if (Object.hasOwn(recipes, name) || name.length < 4 || !isMap(attributes[name])) continue
    const likely = nearest(name, used)
    if (likely === undefined) continue
    const { path, position } = locateLayered(entry, ['attributes', name], 'key')
    const message = `there is no recipe ${name} that takes these attributes`
    problems.error({ code: 'unknown-recipe', path, message, hint: `did you mean ${likely}?`, position })
  }
}
