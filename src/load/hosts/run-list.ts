import type { RecipeUse } from '../../model/cluster.ts'
import { given } from '../../model/given.ts'
import type { Path } from '../../model/path.ts'
import type { SpecCode } from '../../model/spec-codes.ts'
import { nearestHint } from '../../validation/nearest.ts'
import { thatMeet } from '../layers/passed-on.ts'
import type { Resolution } from '../resolution.ts'
import type { HostSpec, RoleSpec } from '../schema/cluster-schema.ts'
import { INVALID_VALUE } from '../yaml/invalid-value.ts'

/**
 * The roles of a host or role, each once, in order: after the roles that it lists itself. Unknown ones and circles are
 * reported.
 */
export function rolesOf(
  spec: HostSpec | RoleSpec | null,
  path: Path,
  resolution: Resolution,
  within: readonly string[] = [],
): readonly string[] {
  const { spec: cluster, document, problems } = resolution
  const known = cluster.roles ?? {}
  const isCut = cluster.roles === undefined && document.locate(['roles'], 'key') !== undefined
  const roles = new Set<string>()
  for (const [index, role] of (spec?.roles ?? []).entries()) {
    // What is wrong has been reported: the role's name, or all roles.
    if (role === INVALID_VALUE || isCut) continue
    const at = [...path, 'roles', index]
    const report = (code: SpecCode, message: string, hint: string) =>
      problems.error({ code, path: at, message, hint, position: document.locate(at, 'value') })
    if (!Object.hasOwn(known, role)) {
      const hint = nearestHint(role, Object.keys(known), 'define it under roles')
      report('unknown-role', `there is no role ${role}`, hint)
    } else if (within.includes(role)) {
      reportCircle(within.slice(within.indexOf(role)), resolution)
    } else {
      const below = ['roles', role]
      for (const inner of rolesOf(known[role] ?? null, below, resolution, [...within, role])) roles.add(inner)
      roles.add(role)
    }
  }
  return [...roles]
}

/** Reports a circle at the same place wherever it was entered: where its first role in the spec is listed. */
function reportCircle(circle: readonly string[], { spec, document, problems }: Resolution): void {
  const [first = ''] = Object.keys(spec.roles ?? {}).filter((role) => circle.includes(role))
  const at = circle.indexOf(first)
  const turned = [...circle.slice(at), ...circle.slice(0, at)]
  const last = turned.at(-1) ?? first
  const path = ['roles', last, 'roles', spec.roles?.[last]?.roles?.indexOf(first) ?? 0]
  problems.error({
    code: 'role-circle',
    path,
    message: `the role ${first} lists itself: ${[...turned, first].join(', which lists ')}`,
    hint: 'remove one of these roles',
    position: document.locate(path, 'value'),
  })
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
    // The spec's own recipe that is wrong or could not be loaded was already reported, and so were all of them, or its name.
    const isCut = own === undefined && document.locate(['recipes'], 'key') !== undefined
    const isWritten = document.locate(['recipes', recipe], 'key') !== undefined
    if (isWritten || isCut || recipe === INVALID_VALUE) return []
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
  { recipes, problems, document }: Resolution,
): readonly RecipeUse[] {
  const runList = new Map<string, RecipeUse>()
  for (const use of uses) if (!runList.has(use.recipe)) runList.set(use.recipe, use)
  for (const use of runList.values()) {
    for (const { recipe: need } of recipes[use.recipe]?.recipe.needs ?? []) {
      const found = thatMeet(need, [...runList.values()], recipes)
      const isUnloadable =
        !Object.hasOwn(recipes, need) && document.locate(['recipes', need], 'key') !== undefined
      if (found.length === 1 || isUnloadable) continue
      const several = `, which has ${found.length} instances of it: ${found.join(', ')}`
      problems.error({
        code: 'missing-recipe',
        message: `the recipe ${use.recipe} needs the recipe ${need} in the same run list${found.length > 1 ? several : ''}`,
        hint:
          found.length > 1 ? `list ${need} itself, or only one of them` : `list ${need} before ${use.recipe}`,
        position: use.position,
      })
    }
  }
  return [...runList.values()]
}
