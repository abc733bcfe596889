import type { Cluster, Host, ValueMap } from '../model/cluster.ts'
import type { LoadedRecipe, RecipeContext, RecipeHost } from '../model/recipe.ts'
import { createRenderer, type Render } from './template.ts'

/** Thrown by `ctx.fail`. */
export class RecipeRefusal extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint: string | undefined) {
    super(message)
    this.name = 'RecipeRefusal'
    this.hint = hint
  }
}

/** What the contexts of all hosts share, so that neither peers nor templates cost anything per host. */
export interface ContextSource {
  contextOf(host: Host, loaded: LoadedRecipe): RecipeContext<never>
}

export function createContexts(cluster: Cluster): ContextSource {
  const { name, environment } = cluster
  const peers = indexHosts(cluster.hosts)
  const filesOf = new WeakMap<LoadedRecipe, RecipeFiles>()
  return {
    contextOf(host, loaded) {
      let files = filesOf.get(loaded)
      if (files === undefined) {
        files = recipeFiles(loaded)
        filesOf.set(loaded, files)
      }
      const own = host.attributes[loaded.recipe.name]
      return {
        ...files,
        cluster: { name, environment },
        host: peers.of(host),
        platform: host.platform,
        // The loader has checked them against the recipe's schema, which is what its type is derived from.
        attributes: (isMap(own) ? own : NO_ATTRIBUTES) as never,
        hosts: peers.select,
        fail(message, hint) {
          throw new RecipeRefusal(message, hint)
        },
      }
    },
  }
}

const NO_ATTRIBUTES: ValueMap = Object.freeze({})

function isMap(value: unknown): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface RecipeFiles {
  readonly template: Render
  readonly file: (name: string) => string
}

function recipeFiles(loaded: LoadedRecipe): RecipeFiles {
  const texts = new Map<string, string>()
  return {
    template: createRenderer((name) => loaded.read(`templates/${name}`)),
    file(name) {
      const text = texts.get(name) ?? loaded.read(`files/${name}`)
      texts.set(name, text)
      return text
    },
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
  for (const list of [all, ...byRecipe.values(), ...byRole.values()]) Object.freeze(list)
  return {
    of: (host: Host): RecipeHost => views.get(host) ?? viewOf(host),
    select({
      recipe,
      role,
    }: {
      readonly recipe?: string
      readonly role?: string
    } = {}): readonly RecipeHost[] {
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

function viewOf({ name, index, address, roles, attributes }: Host): RecipeHost {
  return Object.freeze({ name, index, address, roles, attributes })
}
