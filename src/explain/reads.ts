import { templateLines } from '../compile/template.ts'
import { recipeTemplates, type TemplateFiles } from '../compile/template-files.ts'
import type { Position } from '../model/diagnostic.ts'
import { formatPath, type Path } from '../model/path.ts'
import type { LoadedRecipe, RecipeContext, RecipeHost } from '../model/recipe.ts'
import { revealed, type Secret } from '../model/secret.ts'
import type { Value } from '../model/value.ts'

/** What a recipe has read of the declared values, in the order in which it did. */
export interface Reads {
  /** By host: the paths of the scope, and of keys that are not there. */
  readonly values: Map<string, Map<string, Path>>
  /** What it asked `ctx.hosts` for, and the names that it got. */
  readonly selections: Map<string, readonly string[]>
  /** The texts that came from its templates and files, with the place of each line. */
  readonly texts: SourceText[]
  /** The collections that it asked for: what others offer to them may depend on anything. */
  readonly collections: Set<string>
}

export interface SourceText {
  readonly lines: readonly string[]
  readonly places: readonly Position[]
}

export function noReads(): Reads {
  return { values: new Map(), selections: new Map(), texts: [], collections: new Set() }
}

/** A recipe that notes what it reads. */
export function watchReads(loaded: LoadedRecipe, reads: Reads): LoadedRecipe {
  const resources = (ctx: RecipeContext<never>) => loaded.recipe.resources(watchedContext(ctx, loaded, reads))
  return { ...loaded, recipe: { ...loaded.recipe, resources } }
}

function watchedContext(ctx: RecipeContext<never>, loaded: LoadedRecipe, reads: Reads): RecipeContext<never> {
  const { name } = ctx.host
  const note = (host: string) => (path: Path) => {
    const known = reads.values.get(host) ?? new Map<string, Path>()
    reads.values.set(host, known.set(formatPath(path), path))
  }
  const own = note(name)
  const hostOf = (host: RecipeHost): RecipeHost => {
    const noteHost = note(host.name)
    return watched(host, [], (path) => noteHost(scopePath(path)))
  }
  return {
    ...ctx,
    cluster: watched(ctx.cluster, ['cluster'], (path) =>
      own(path[1] === 'environment' ? ['environment'] : path),
    ),
    host: hostOf(ctx.host),
    platform: watched(ctx.platform, ['platform'], own),
    attributes: watched(ctx.attributes, ['attributes', loaded.recipe.name], own),
    hosts(filter) {
      const found = ctx.hosts(filter)
      reads.selections.set(
        selectionName(filter),
        found.map((host) => host.name),
      )
      return found.map(hostOf)
    },
    offered(collection, filter) {
      reads.collections.add(collection)
      return ctx.offered(collection, filter)
    },
    data: (wanted) => watched(ctx.data(wanted), ['data', wanted], own),
    template: ((wanted, variables) => {
      const text = ctx.template(wanted, variables)
      reads.texts.push(textOfTemplate({ files: recipeTemplates(loaded), name: wanted, variables, text }))
      return text
    }) as RecipeContext<never>['template'],
    file(wanted) {
      const text = ctx.file(wanted)
      const path = `files/${wanted}`
      reads.texts.push(textOfFile(text, loaded.pathOf?.(path) ?? path))
      return text
    },
  }
}

/** What a template made. */
export function textOfTemplate({
  files,
  name,
  variables,
  text,
}: {
  readonly files: TemplateFiles
  readonly name: string
  readonly variables: { readonly [key: string]: Value }
  readonly text: string | Secret
}): SourceText {
  const places = templateLines(files, name, variables).map((place) => ({ ...place, column: 1 }))
  // Nothing has opened its secrets: names stand for them.
  return { lines: revealed(text).split('\n'), places }
}

/** A file that is used as it is. */
export function textOfFile(text: string, file: string): SourceText {
  const lines = text.split('\n')
  return { lines, places: lines.map((_, index) => ({ file, line: index + 1, column: 1 })) }
}

/** `all`, `recipe:etcd`, `recipe:etcd&role:web`, or the selector itself. */
export function selectionName(filter: Parameters<RecipeContext<never>['hosts']>[0] = {}): string {
  if (typeof filter === 'string') return filter
  const { recipe, role } = filter
  const parts = [
    recipe === undefined ? [] : `recipe:${recipe}`,
    role === undefined ? [] : `role:${role}`,
  ].flat()
  return parts.length === 0 ? 'all' : parts.join('&')
}

/** Where expressions find what recipes find at a path of a host. */
function scopePath([first = '', ...rest]: Path): Path {
  return ['attributes', 'environment'].includes(String(first)) ? [first, ...rest] : ['host', first, ...rest]
}

/** The same data, which tells every leaf that is read of it, and every key that it does not have. */
function watched<T>(data: T, path: Path, note: (path: Path) => void): T
function watched(data: unknown, path: Path, note: (path: Path) => void): unknown {
  if (typeof data !== 'object' || data === null) {
    note(path)
    return data
  }
  // Of frozen data a proxy would have to give the very values.
  const copy: object = Array.isArray(data)
    ? [...data]
    : Object.assign(Object.create(Object.getPrototypeOf(data)), data)
  if (Object.keys(copy).length === 0) note(path)
  const seen = new Set<PropertyKey>()
  return new Proxy(copy, {
    get(target, key) {
      if (typeof key === 'symbol' || key === 'toJSON' || (!Object.hasOwn(target, key) && key in target))
        return Reflect.get(target, key)
      if (Array.isArray(data) && key === 'length') return data.length
      if (seen.has(key)) return Reflect.get(target, key)
      seen.add(key)
      const at = [...path, Array.isArray(data) ? Number(key) : key]
      const value = watched<unknown>(Reflect.get(target, key), at, note)
      if (Object.hasOwn(target, key)) Reflect.set(target, key, value)
      return value
    },
    has(target, key) {
      if (typeof key === 'string' && !(key in target)) note([...path, key])
      return Reflect.has(target, key)
    },
    set: () => false,
    deleteProperty: () => false,
  })
}
