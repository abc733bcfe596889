import type { RecipeUse } from '../../model/cluster.ts'
import type { Position } from '../../model/diagnostic.ts'
import type { Value, ValueMap } from '../../model/value.ts'
import { checkLayered, locateLayered } from '../layers/check-layered.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { closeSchema } from '../schema/editor-schema.ts'
import { createValidator, refuseBadSchema, type Validator } from '../schema/validate.ts'
import { isTransposition, suggest } from '../suggest.ts'
import { childOf, isMap } from '../yaml/document.ts'

/** Checks the attributes of hosts against the schemas of the recipes that they run: each distinct tree once. */
export function createAttributeChecker(
  resolution: Resolution,
): (entry: HostEntry, attributes: ValueMap) => void {
  const validators = new Map<string, Validator<Value> | undefined>()
  const checked = new Map<string, WeakSet<object>>()
  const entries = new WeakSet<HostEntry>()

  const checkRecipe = (entry: HostEntry, { recipe, position }: RecipeUse, own: Value): void => {
    if (!validators.has(recipe)) validators.set(recipe, compile(recipe, position, resolution))
    const seen = checked.get(recipe) ?? new WeakSet()
    checked.set(recipe, seen)
    if (typeof own === 'object' && own !== null) {
      if (seen.has(own)) return
      seen.add(own)
    }
    const validate = validators.get(recipe)
    if (validate === undefined) return
    checkLayered({
      entry,
      path: ['attributes', recipe],
      value: own,
      validate,
      problems: resolution.problems,
      fallback: position,
      missing: (path) => ({
        message: `the recipe ${recipe} needs ${path}, which no layer has`,
        hint: missingHint,
      }),
    })
  }

  return (entry, attributes) => {
    if (!entries.has(entry)) reportNearMisses(entry, attributes, resolution)
    entries.add(entry)
    for (const use of entry.runList) {
      const own = childOf(attributes, use.recipe)
      checkRecipe(entry, use, own ?? Object.freeze(Object.create(null)))
    }
  }
}

const missingHint = 'set it under attributes: of the cluster, an environment, a role or the host'

function compile(
  recipe: string,
  position: Position | undefined,
  { recipes, problems, spec }: Resolution,
): Validator<Value> | undefined {
  const schema = recipes[recipe]?.recipe.attributes ?? {}
  try {
    if (Object.hasOwn(spec.recipes ?? {}, recipe)) refuseBadSchema(schema)
    return createValidator(closeSchema({ ...schema, type: 'object' }), recipe)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `the attribute schema of the recipe ${recipe} is not valid: ${why}`
    problems.error({ code: 'invalid-recipe', message, position })
    return undefined
  }
}

/**
 * Namespaces that belong to no recipe are free (`proxy:` for expressions), unless one is a slip of the pen away from a
 * recipe that this host runs: then its attributes would silently count for nothing.
 */
function reportNearMisses(entry: HostEntry, attributes: ValueMap, { recipes, problems }: Resolution): void {
  const used = entry.runList.map(({ recipe }) => recipe)
  for (const name of Object.keys(attributes)) {
    if (Object.hasOwn(recipes, name) || name.length < 4 || !isMap(attributes[name])) continue
    const likely = used.find((recipe) => isTransposition(recipe, name)) ?? suggest(name, used)
    if (likely === undefined) continue
    const { path, position } = locateLayered(entry, ['attributes', name], 'key')
    const message = `there is no recipe ${name} that takes these attributes`
    problems.error({ code: 'unknown-recipe', path, message, hint: `did you mean ${likely}?`, position })
  }
}
