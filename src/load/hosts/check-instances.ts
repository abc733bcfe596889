import { definitionOf } from '../../model/recipe.ts'
import { pathsIn } from '../expressions/expression.ts'
import { layerOf } from '../layers/layers.ts'
import type { HostEntry, Resolution } from '../resolution.ts'

/**
 * Warns of instances that no host and no role runs, and of attributes of a recipe of which hosts run only instances.
 * Files that are included may be shared with other clusters, which run what this one does not.
 */
export function checkInstances(entries: readonly HostEntry[], resolution: Resolution): void {
  const { spec, document, recipes, problems } = resolution
  const run = new Set(entries.flatMap(({ runList }) => runList.map(({ recipe }) => recipe)))
  const listed = new Set(Object.values(spec.roles ?? {}).flatMap((role) => role?.recipes ?? []))
  const instances = Object.values(recipes).filter(({ instanceOf }) => instanceOf !== undefined)
  for (const { name } of instances.map(({ recipe }) => recipe)) {
    const path = ['recipes', name]
    if (run.has(name) || listed.has(name) || document.fileOf(path) !== document.file) continue
    const message = `no host and no role runs the instance ${name}`
    const hint = 'add it to recipes: of a host or a role, or remove it'
    problems.warning({ code: 'unused-instance', path, message, hint, position: document.locate(path, 'key') })
  }
  const running = instances.filter(({ recipe }) => run.has(recipe.name))
  for (const definition of new Set(running.map(definitionOf))) {
    const names = running.flatMap((one) => (definitionOf(one) === definition ? [one.recipe.name] : []))
    if (!run.has(definition)) warnOfAttributes(definition, names, entries, resolution)
  }
}

/** Only these instances of the recipe run. */
function warnOfAttributes(
  definition: string,
  names: readonly string[],
  entries: readonly HostEntry[],
  { document, problems }: Resolution,
): void {
  const path = ['attributes', definition]
  const position = entries
    .flatMap(({ stack }) => layerOf(stack, path)?.locate(path, 'key') ?? [])
    .find(({ file }) => file === document.file)
  const isRead = () =>
    pathsIn(document.data).some(([section, name]) => section === 'attributes' && name === definition)
  if (position === undefined || isRead()) return
  const message = `these attributes have no effect: hosts run ${names.join(', ')}, and none runs ${definition}`
  const hint = `set them below ${names.join(' or ')}`
  problems.warning({ code: 'unused-attributes', path, message, hint, position })
}
