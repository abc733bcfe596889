import type { RecipeUse } from '../../model/cluster.ts'
import { given } from '../../model/given.ts'
import type { Path } from '../../model/path.ts'
import { nearestHint } from '../../validation/nearest.ts'
import type { Resolution } from '../resolution.ts'
import type { HostSpec, RoleSpec } from '../schema/cluster-schema.ts'
import { INVALID_VALUE } from '../yaml/invalid-value.ts'

/** The roles of a host, each once, in order. Unknown ones are reported. */
export function rolesOf(spec: HostSpec, path: Path, resolution: Resolution): readonly string[] {
  const known = resolution.spec.roles ?? {}
  const isCut =
    resolution.spec.roles === undefined && resolution.document.locate(['roles'], 'key') !== undefined
  const roles = new Set<string>()
  for (const [index, role] of (spec.roles ?? []).entries()) {
    if (Object.hasOwn(known, role)) {
      roles.add(role)
      continue
    }
    // What is wrong has been reported: the role's name, or all roles.
    if (role === INVALID_VALUE || isCut) continue
    const at = [...path, 'roles', index]
    resolution.problems.error({
      code: 'unknown-role',
      path: at,
      message: `there is no role ${role}`,
      hint: nearestHint(role, Object.keys(known), 'define it under roles'),
      position: resolution.document.locate(at, 'value'),
    })
  }
  return [...roles]
}

/** The recipes of a role or host that exist. Unknown ones are reported. */
export function recipeUses(
  spec: HostSpec | RoleSpec | null,
  path: Path,
  layer: string,
  { recipes, spec: { recipes: own }, document, problems }: Resolution,
): readonly RecipeUse[] {
  return (spec?.recipes ?? []).flatMap((recipe, index) => {
    const at = [...path, 'recipes', index]
    const position = document.locate(at, 'value')
    if (Object.hasOwn(recipes, recipe)) return [{ recipe, layer, ...given({ position }) }]
    // The spec's own recipe that could not be loaded was already reported, and so were all of them, or its name.
    const isCut = own === undefined && document.locate(['recipes'], 'key') !== undefined
    if ((own && Object.hasOwn(own, recipe)) || isCut || recipe === INVALID_VALUE) return []
    problems.error({
      code: 'unknown-recipe',
      path: at,
      message: `there is no recipe ${recipe}`,
      hint: nearestHint(recipe, Object.keys(recipes), 'name the module of your own under recipes'),
      position,
    })
    return []
  })
}

/** Drops repeated recipes, keeping the first, and reports those whose `needs` are missing. */
export function runListOf(
  uses: readonly RecipeUse[],
  { recipes, problems, spec }: Resolution,
): readonly RecipeUse[] {
  const runList = new Map<string, RecipeUse>()
  for (const use of uses) if (!runList.has(use.recipe)) runList.set(use.recipe, use)
  for (const use of runList.values()) {
    for (const need of recipes[use.recipe]?.recipe.needs ?? []) {
      const unloadable = spec.recipes && Object.hasOwn(spec.recipes, need) && !Object.hasOwn(recipes, need)
      if (runList.has(need) || unloadable) continue
      problems.error({
        code: 'missing-recipe',
        message: `the recipe ${use.recipe} needs the recipe ${need} in the same run list`,
        hint: `list ${need} before ${use.recipe}`,
        position: use.position,
      })
    }
  }
  return [...runList.values()]
}
