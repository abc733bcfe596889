import { selectHosts } from '../load/hosts/select-hosts.ts'
import { thrownAt } from '../load/recipes/thrown-at.ts'
import type { Cluster, Host, RecipeUse } from '../model/cluster.ts'
import type { Position, Problem } from '../model/diagnostic.ts'
import { InternalError, SpecError } from '../model/errors.ts'
import { given } from '../model/given.ts'
import { perObject, perText } from '../model/memo.ts'
import {
  definitionOf,
  type HostFilter,
  type LoadedRecipe,
  type Offer,
  type OfferContext,
  type RecipeContext,
  type RecipeHost,
  recipeWords,
} from '../model/recipe.ts'
import type { Secret } from '../model/secret.ts'
import { type SecretNeed, secretKeyPattern, secretKinds } from '../model/secret-need.ts'
import { isMap, NO_VALUES } from '../model/value.ts'
import { nearestHint } from '../validation/nearest.ts'
import { createRenderer } from './template.ts'
import { recipeTemplates } from './template-files.ts'

/** What the contexts of all hosts share: peers, templates and files are prepared once. */
export interface ContextSource {
  contextOf(host: Host, loaded: LoadedRecipe, use: RecipeUse): RecipeContext<never>
}

/** Makes a secret that a recipe declares. */
export type DeclareSecret = (use: {
  readonly key: string
  readonly need: SecretNeed
  readonly by: string
  readonly position: Position | undefined
}) => Secret

const withoutSecrets: DeclareSecret = ({ key }) => {
  throw new InternalError(`there is nothing to declare the secret ${key} to`)
}

export function createContexts(
  cluster: Cluster,
  recipes: Readonly<Record<string, LoadedRecipe>>,
  declareSecret: DeclareSecret = withoutSecrets,
  warn: (problem: Problem, host: string) => void = () => {},
): ContextSource {
  const { name, environment, data } = cluster
  const dataOf = (name: string) => {
    const value = Object.hasOwn(data, name) ? data[name] : undefined
    if (value !== undefined) return value
    const hint = nearestHint(name, Object.keys(data), 'name its file under data')
    throw new SpecError([{ code: 'unknown-data', message: `the spec has no data ${name}`, hint }])
  }
  const peers = indexHosts(cluster.hosts)
  const filesOf = perObject((loaded: LoadedRecipe) => recipeFiles(loaded, cluster.hosts.length))
  const commonOf = (host: Host, loaded: LoadedRecipe, { position }: RecipeUse): OfferContext<never> => {
    const { name: instance } = loaded.recipe
    const own = host.attributes[instance]
    return {
      cluster: { name, environment },
      host: peers.of(host),
      platform: host.platform,
      instance,
      instances: () =>
        host.runList.flatMap(({ recipe }) =>
          recipes[recipe] !== undefined && definitionOf(recipes[recipe]) === definitionOf(loaded)
            ? [recipe]
            : [],
        ),
      // Checked by the loader against the recipe's schema.
      attributes: (isMap(own) ? own : NO_VALUES) as never,
      hosts: peers.select,
      data: dataOf,
      secret(key, need) {
        const isKey = new RegExp(secretKeyPattern).test(key)
        if (!isKey || !secretKinds.includes(need?.kind))
          throw new SpecError([
            {
              code: 'invalid-secret',
              message: isKey ? `secret ${key} is of no known kind` : `"${key}" cannot be the key of a secret`,
              hint: "such as ctx.secret('web/db', password())",
            },
          ])
        return declareSecret({ key, need, by: `recipe ${instance}`, position })
      },
      warn: (message, hint) =>
        warn(
          { code: 'recipe-warning', message: `${recipeWords(loaded)}: ${message}`, hint, position },
          host.name,
        ),
      fail(message, hint) {
        throw new SpecError([{ code: 'recipe-refused', message, hint, position }])
      },
    }
  }
  const offersOf = perText((collection) =>
    Object.freeze(
      cluster.hosts.flatMap((host) =>
        host.runList.flatMap((use): readonly Offer[] => {
          const loaded = recipes[use.recipe]
          const offer = loaded?.recipe.offers?.[collection]
          if (loaded === undefined || offer === undefined) return []
          const values = naming(loaded, host, use, () => offer(commonOf(host, loaded, use)))
          return values.map((value) => ({ host: peers.of(host), recipe: use.recipe, value }))
        }),
      ),
    ),
  )
  const offered = (collection: string, filter?: HostFilter): readonly Offer[] => {
    const wanted = filter === undefined ? undefined : new Set(peers.select(filter))
    const offers = offersOf(collection)
    return wanted === undefined ? offers : offers.filter(({ host }) => wanted.has(host))
  }
  return {
    contextOf: (host, loaded, use) => ({ ...commonOf(host, loaded, use), ...filesOf(loaded), offered }),
  }
}

/** Adds to mistakes whose offer it is: it is asked for while another recipe runs. */
function naming<T>(loaded: LoadedRecipe, host: Host, use: RecipeUse, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const problems: readonly Problem[] =
      error instanceof SpecError
        ? error.problems
        : [{ code: 'recipe-failed', message: error instanceof Error ? error.message : String(error) }]
    const place = thrownAt(error) ?? use.position
    throw new SpecError(
      problems.map((problem) => ({
        ...problem,
        message: `what ${recipeWords(loaded)} offers for ${host.name}: ${problem.message}`,
        position: problem.position ?? place,
      })),
    )
  }
}

interface RecipeFiles {
  readonly template: RecipeContext<never>['template']
  readonly file: (name: string) => string
}

function recipeFiles(loaded: LoadedRecipe, hosts: number): RecipeFiles {
  return {
    // With plain variables it gives plain text.
    template: createRenderer(recipeTemplates(loaded), hosts) as RecipeContext<never>['template'],
    file: perText((name) => loaded.read(`files/${name}`)),
  }
}

function indexHosts(hosts: readonly Host[]) {
  const views = new Map(hosts.map((host) => [host, viewOf(host)]))
  const all = [...views.values()]
  const byRecipe = new Map<string, RecipeHost[]>()
  const byRole = new Map<string, RecipeHost[]>()
  for (const [host, view] of views) {
    for (const recipe of new Set(host.runList.map((use) => use.recipe))) put(byRecipe, recipe, view)
    for (const role of new Set(host.roles)) put(byRole, role, view)
  }
  const bySelector = perText((selector) =>
    Object.freeze(
      selectHosts(hosts, selector, { mayMatchNone: true }).map((host) => views.get(host) ?? viewOf(host)),
    ),
  )
  for (const list of [all, ...byRecipe.values(), ...byRole.values()]) Object.freeze(list)
  return {
    of: (host: Host): RecipeHost => views.get(host) ?? viewOf(host),
    select(filter: HostFilter = {}): readonly RecipeHost[] {
      if (typeof filter === 'string') return bySelector(filter)
      const { recipe, role } = filter
      if (recipe === undefined) return role === undefined ? all : (byRole.get(role) ?? NO_HOSTS)
      const running = byRecipe.get(recipe) ?? NO_HOSTS
      return role === undefined ? running : running.filter((host) => host.roles.includes(role))
    },
  }
}

const NO_HOSTS: readonly RecipeHost[] = Object.freeze([])

function put(lists: Map<string, RecipeHost[]>, key: string, view: RecipeHost): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [view])
  else list.push(view)
}

function viewOf(host: Host): RecipeHost {
  const { name, index, address, publicAddress, roles, environment, labels, attributes } = host
  return Object.freeze({
    name,
    index,
    address,
    ...given({ publicAddress }),
    roles,
    environment,
    labels,
    attributes,
  })
}
