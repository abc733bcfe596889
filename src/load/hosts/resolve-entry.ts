import type { RecipeUse } from '../../model/cluster.ts'
import { perObject, perText } from '../../model/memo.ts'
import { familyOf, familyPlatforms } from '../../model/os-family.ts'
import type { Path } from '../../model/path.ts'
import { Platform } from '../../model/platform.ts'
import { recipeWords } from '../../model/recipe.ts'
import { isMap, mapWith, type Value, type ValueMap } from '../../model/value.ts'
import { closeSchema } from '../../validation/json-schema.ts'
import { nearestHint } from '../../validation/nearest.ts'
import { builtinLayer, documentLayer, type Layer, type LayerStack, stackLayers } from '../layers/layers.ts'
import { withoutNulls } from '../layers/nulls.ts'
import { checkPassedOn, passedOn } from '../layers/passed-on.ts'
import { fillDefaults, recipeDefaults } from '../layers/recipe-defaults.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { type HostSpec, layeredSections } from '../schema/cluster-schema.ts'
import { childOf, valueAt } from '../yaml/document.ts'
import { INVALID_VALUE } from '../yaml/invalid-value.ts'
import { expandRange, type RangeMember } from './expand-range.ts'
import { recipeUses, rolesOf, runListOf } from './run-list.ts'

const platformDefaults = builtinLayer('default', mapWith({ platform: recipeDefaults({ ...Platform }) }))

/** For what nothing else is set, if the system is declared by its name and not by an expression. */
const familyDefaults = Object.fromEntries(
  Object.entries(familyPlatforms).map(([family, platform]) => [
    family,
    builtinLayer(`default of ${family}`, mapWith({ platform: mapWith({ ...platform }) })),
  ]),
)

function withFamilyDefaults(stack: LayerStack): LayerStack {
  const os = childOf(stack.value.platform ?? null, 'os')
  const layer = typeof os === 'string' ? familyDefaults[familyOf({ os }) ?? ''] : undefined
  return layer === undefined ? stack : stackLayers(stack.layers.toSpliced(1, 0, layer), undefined, true)
}

type Shared = Pick<HostEntry, 'environment' | 'roles' | 'runList'>

/** Resolves what all hosts of an entry share. Entries with the same roles, recipes and environment share it too. */
export function createEntryResolver(
  resolution: Resolution,
): (key: string, spec: HostSpec, members: Iterable<RangeMember>) => HostEntry {
  const { document, spec: cluster, recipes, problems } = resolution
  const schemaOf = (recipe: string) => recipes[recipe]?.recipe.attributes ?? {}

  const layerAt = (name: string, prefix: Path): Layer =>
    documentLayer(name, sectionsOf(valueAt(document.data, prefix)), document, prefix)

  const defaultsOf = perText((recipe: string): Layer => {
    const value = mapWith({ attributes: mapWith({ [recipe]: recipeDefaults(schemaOf(recipe)) }) })
    const loaded = recipes[recipe]
    return builtinLayer(`${loaded === undefined ? `recipe ${recipe}` : recipeWords(loaded)} (default)`, value)
  })

  const passedOnIn = perText((_runList: string, runList: readonly RecipeUse[]) => passedOn(runList, recipes))

  const baseOf = perText((_key: string, passed: readonly Layer[], { runList, environment, roles }: Shared) =>
    stackLayers(
      [
        platformDefaults,
        ...runList.map(({ recipe }) => defaultsOf(recipe)),
        ...passed,
        layerAt('cluster', []),
        ...(environment === undefined
          ? []
          : [layerAt(`environment ${environment}`, ['environments', environment])]),
        ...roles.map((role) => layerAt(`role ${role}`, ['roles', role])),
      ],
      undefined,
      true,
    ),
  )

  const fill = perObject((value: ValueMap, runList: readonly RecipeUse[]): ValueMap => {
    const attributes: Record<string, Value> = Object.assign(Object.create(null), value.attributes)
    for (const { recipe } of runList) {
      const own = attributes[recipe]
      if (own !== undefined) {
        attributes[recipe] = fillDefaults(schemaOf(recipe), withoutNulls(own, closeSchema(schemaOf(recipe))))
      }
    }
    const settings = Object.entries(value).map(
      ([name, section]) => [name, withoutNulls(section, false)] as const,
    )
    return mapWith(Object.fromEntries(settings), { attributes: Object.freeze(attributes) })
  })

  return (key, spec, members) => {
    const path = ['hosts', key]
    const layer = `host ${key}`
    const environment = environmentOf(spec, path, resolution)
    const roles = rolesOf(spec, path, resolution)
    const written = [
      ...roles.map((role) => ({
        spec: cluster.roles?.[role] ?? null,
        path: ['roles', role],
        layer: `role ${role}`,
      })),
      { spec, path, layer },
    ].map((section) => ({
      ...section,
      recipes: recipeUses(section.spec, section.path, section.layer, resolution),
    }))
    const runList = runListOf(
      written.flatMap(({ recipes }) => recipes),
      resolution,
    )
    const sections = written.map((section) => ({
      ...section,
      recipes: section.recipes.filter((use) => runList.includes(use)),
    }))
    const names = runList.map(({ recipe }) => recipe)
    const passed = passedOnIn(JSON.stringify(names), runList)
    const sharedBy = JSON.stringify([environment, roles, names])
    const base = baseOf(sharedBy, passed, { environment, roles, runList })
    const stack = withFamilyDefaults(stackLayers([layerAt(layer, path), resolution.setLayer], base, true))
    // What is shared has the places of another entry.
    if (passed.length > 1) checkPassedOn(passedOn(runList, recipes), stack, problems)
    const whole = { layers: stack.layers, value: fill(stack.value, runList) }
    return { key, spec, path, layer, members, environment, roles, sections, runList, stack: whole }
  }
}

/** The hosts that a key declares; reports a wrong pattern. */
export function membersOf(
  key: string,
  { document, problems }: Pick<Resolution, 'document' | 'problems'>,
): { readonly count: number; readonly members: Iterable<RangeMember> } {
  const expansion = expandRange(key)
  if (expansion.ok) return { count: expansion.count, members: expansion.members() }
  problems.error({
    code: 'invalid-range',
    path: ['hosts', key],
    message: expansion.message,
    hint: expansion.hint,
    position: document.locate(['hosts', key], 'key'),
  })
  return { count: 0, members: [] }
}

/** The sections of a layer that are maps; one may also be empty. */
function sectionsOf(layer: Value | undefined): ValueMap {
  const sections = layeredSections.flatMap((name) => {
    const section = childOf(layer ?? null, name)
    return isMap(section) ? [[name, section] as const] : []
  })
  return mapWith(Object.fromEntries(sections))
}

function environmentOf(spec: HostSpec, path: Path, resolution: Resolution): string | undefined {
  if (spec.environment === undefined || spec.environment === null) return resolution.environment
  const position = resolution.document.locate([...path, 'environment'], 'value')
  return knownEnvironment(spec.environment, [...path, 'environment'], position, resolution)
}

/** The environment, if the spec has it; else it is reported. */
export function knownEnvironment(
  name: string,
  path: Path,
  position: ReturnType<Resolution['document']['locate']>,
  { spec, problems }: Pick<Resolution, 'spec' | 'problems'>,
): string | undefined {
  const known = spec.environments ?? {}
  if (Object.hasOwn(known, name)) return name
  if (name === INVALID_VALUE) return undefined
  problems.error({
    code: 'unknown-environment',
    path,
    message: `there is no environment ${name}`,
    hint: nearestHint(name, Object.keys(known), 'define it under environments'),
    position,
  })
  return undefined
}
