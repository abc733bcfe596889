import type { Host } from '../model/cluster.ts'
import type { HostExplanation } from '../model/explanation.ts'
import { given } from '../model/given.ts'
import type { LoadedRecipe } from '../model/recipe.ts'
import type { HostCatalog } from '../model/resource.ts'
import { wordsOf } from './explain-outputs.ts'

/** Explains what a host is made of: its roles, its layers, and who makes what, in the order of the spec. */
export function explainHost(
  host: Host,
  { entries }: HostCatalog,
  recipes: Readonly<Record<string, LoadedRecipe>>,
): HostExplanation {
  const { name, address, environment, roles } = host
  const made = host.declarations().map((declaration) => {
    const by = 'recipe' in declaration ? (wordsOf(declaration.recipe, recipes) ?? '') : declaration.layer
    const { position } = declaration
    const own = entries.filter(
      (entry) => entry.declaredBy === by && JSON.stringify(entry.position) === JSON.stringify(position),
    )
    return {
      by,
      ...('recipe' in declaration && { listedBy: declaration.layer }),
      ...given({ position }),
      resources: own.map(({ resource }) => resource.id),
    }
  })
  return {
    about: 'host',
    host: name,
    address,
    ...given({ environment }),
    roles,
    layers: host.trace().layers,
    made: made.filter(
      ({ by, position, resources }, index) =>
        // The items of one declaration are told together.
        resources.length === 0 ||
        made.findIndex(
          (one) => one.by === by && JSON.stringify(one.position) === JSON.stringify(position),
        ) === index,
    ),
  }
}
