import type { RecipeUse } from '../../model/cluster.ts'
import type { Value, ValueMap } from '../../model/value.ts'
import { builtinLayer, documentLayer, type Layer, type LayerStack, stackLayers } from '../layers/layers.ts'
import { fillDefaults, recipeDefaults } from '../layers/recipe-defaults.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import type { HostSpec } from '../schema/cluster-schema.ts'
import { suggestHint } from '../suggest.ts'
import { isMap } from '../yaml/document.ts'
import type { Path } from '../yaml/path.ts'
import { expandRange, type RangeMember } from './expand-range.ts'
import { recipeUses, rolesOf, runListOf } from './run-list.ts'

const platformDefaults: Layer = builtinLayer(
  'default',
  map({
    platform: map({
      init: 'systemd',
      stateDir: '/var/lib/converge',
      stagingDir: '/var/tmp',
      binDir: '/usr/local/bin',
    }),
  }),
)

/** Resolves what all hosts of an entry share. Entries with the same roles, recipes and environment share it too. */
export function createEntryResolver(
  resolution: Resolution,
): (key: string, spec: HostSpec, members: Iterable<RangeMember>) => HostEntry {
  const bases = new Map<string, LayerStack>()
  const defaults = new Map<string, Layer>()
  const filled = new WeakMap<ValueMap, ValueMap>()
  const { document, spec: cluster } = resolution

  const layerAt = (name: string, prefix: Path, section: Layered | null | undefined): Layer =>
    documentLayer(name, layeredValues(section), document, prefix)

  const defaultsOf = (recipe: string): Layer => {
    const before = defaults.get(recipe)
    if (before !== undefined) return before
    const schema = resolution.recipes[recipe]?.recipe.attributes ?? {}
    const value = map({ attributes: map({ [recipe]: recipeDefaults(schema) }) })
    const layer = builtinLayer(`recipe ${recipe} (default)`, value)
    defaults.set(recipe, layer)
    return layer
  }

  const baseOf = (
    runList: readonly RecipeUse[],
    environment: string | undefined,
    roles: readonly string[],
  ) => {
    const key = JSON.stringify([environment, roles, runList.map(({ recipe }) => recipe)])
    const before = bases.get(key)
    if (before !== undefined) return before
    const chosen = environment === undefined ? undefined : cluster.environments?.[environment]
    const base = stackLayers([
      platformDefaults,
      ...runList.map(({ recipe }) => defaultsOf(recipe)),
      layerAt('cluster', [], cluster),
      ...(environment === undefined
        ? []
        : [layerAt(`environment ${environment}`, ['environments', environment], chosen)]),
      ...roles.map((role) => layerAt(`role ${role}`, ['roles', role], cluster.roles?.[role])),
    ])
    bases.set(key, base)
    return base
  }

  const fill = (value: ValueMap, runList: readonly RecipeUse[]): ValueMap => {
    const before = filled.get(value)
    if (before !== undefined) return before
    const attributes: Record<string, Value> = Object.assign(Object.create(null), value.attributes)
    for (const { recipe } of runList) {
      const own = attributes[recipe]
      if (own !== undefined)
        attributes[recipe] = fillDefaults(resolution.recipes[recipe]?.recipe.attributes ?? {}, own)
    }
    const after = map({ ...value, attributes: Object.freeze(attributes) })
    filled.set(value, after)
    return after
  }

  return (key, spec, members) => {
    const path = ['hosts', key]
    const layer = `host ${key}`
    const environment = environmentOf(spec, path, resolution)
    const roles = rolesOf(spec, path, resolution)
    const uses = roles.flatMap((role) =>
      recipeUses(cluster.roles?.[role] ?? null, ['roles', role], `role ${role}`, resolution),
    )
    const runList = runListOf([...uses, ...recipeUses(spec, path, layer, resolution)], resolution)
    const stack = stackLayers(
      [layerAt(layer, path, spec), resolution.setLayer],
      baseOf(runList, environment, roles),
    )
    const whole = { layers: stack.layers, value: fill(stack.value, runList) }
    return { key, spec, path, layer, members, environment, roles, runList, stack: whole }
  }
}

/** The hosts that a key stands for; reports a pattern that is wrong. */
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

interface Layered {
  readonly attributes?: ValueMap | null
  readonly platform?: ValueMap | null
  readonly ssh?: ValueMap | null
}

function layeredValues(section: Layered | null | undefined): ValueMap {
  const { attributes, platform, ssh } = section ?? {}
  const given = Object.entries({ attributes, platform, ssh }).filter(([, value]) => isMap(value))
  return map(Object.fromEntries(given.map(([key, value]) => [key, value ?? null])))
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
  problems.error({
    code: 'unknown-environment',
    path,
    message: `there is no environment ${name}`,
    hint: suggestHint(name, Object.keys(known), 'define it under environments'),
    position,
  })
  return undefined
}

function map(entries: { readonly [key: string]: Value }): ValueMap {
  return Object.freeze(Object.assign(Object.create(null), entries))
}
