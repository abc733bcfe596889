import type { Declaration, Host } from '../model/cluster.ts'
import type { Cause, HostExplanation } from '../model/explanation.ts'
import { given } from '../model/given.ts'
import { perText } from '../model/memo.ts'
import type { HostCatalog } from '../model/resource.ts'
import { controlCandidates, recipeCandidates } from './candidates.ts'
import { createTraces } from './causes.ts'
import { readsOf, withoutValues, wordsOf } from './explain-outputs.ts'
import type { ExplainedSpec } from './explained-spec.ts'
import { noReads } from './reads.ts'

/** Explains what a host is made of: its roles, its layers, and who makes what, in the order of the spec. */
export function explainHost(spec: ExplainedSpec, host: Host, { entries }: HostCatalog): HostExplanation {
  const { name, address } = host
  const { layers, roles, settings } = host.trace()
  const sources = { spec, host, traces: createTraces(spec.cluster) }
  // Two compiles, which only a recipe that makes nothing is worth.
  const readsBy = perText((_host: string) => readsOf(spec, host))
  const dependsOn = (declaration: Declaration): readonly Cause[] => {
    const candidates =
      'recipe' in declaration
        ? recipeCandidates(readsBy(name).get(declaration.recipe) ?? noReads(), sources)
        : controlCandidates(declaration, sources)
    // What is made of them elsewhere may be sensitive.
    return candidates.flatMap(({ causes }) => causes.map(withoutValues))
  }
  const made = host.declarations().map((declaration) => {
    const by = 'recipe' in declaration ? (wordsOf(declaration.recipe, spec.recipes) ?? '') : declaration.layer
    const { position } = declaration
    const own = entries.filter(
      (entry) => entry.declaredBy === by && JSON.stringify(entry.position) === JSON.stringify(position),
    )
    return {
      by,
      ...('recipe' in declaration && { listedBy: declaration.layer }),
      ...given({ position }),
      resources: own.map(({ resource }) => resource.id),
      ...(own.length === 0 && { dependsOn: dependsOn(declaration) }),
    }
  })
  const environment = settings(['environment']).findLast(({ effect }) => effect === 'sets')
  const named = ({ value, layer, position }: (typeof roles)[number]) => ({
    name: String(value),
    by: layer,
    ...given({ position }),
  })
  return {
    about: 'host',
    host: name,
    address,
    ...given({ environment: environment && named(environment) }),
    roles: roles.map(named),
    layers,
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
