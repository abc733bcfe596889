import type { Setting } from '../../model/cluster.ts'
import type { Position } from '../../model/diagnostic.ts'
import { given } from '../../model/given.ts'
import type { Path } from '../../model/path.ts'
import { isList, isMap, NO_VALUES, type Value, type ValueMap } from '../../model/value.ts'
import { pathsIn } from '../expressions/expression.ts'
import { childOf, type Document, type Part, valueAt } from '../yaml/document.ts'

/** One source of values: a recipe's defaults, the cluster, an environment, a role, a host, --set. */
export interface Layer {
  readonly name: string
  /** Path of the layer in the spec; empty if it is in no file. */
  readonly prefix: Path
  /** `attributes`, `platform` and `ssh`, as far as the layer has them. */
  readonly value: ValueMap
  /** The recipe that passes it on to another one, in words. */
  readonly passedOnBy?: string
  locate(path: Path, part: Part): Position | undefined
  /** A plain scalar as written. */
  source(path: Path): string | undefined
}

/** Merged layers, weakest first. */
export interface LayerStack {
  readonly layers: readonly Layer[]
  readonly value: ValueMap
}

/** A layer of a document, below `prefix`. */
export function documentLayer(name: string, value: ValueMap, document: Document, prefix: Path): Layer {
  return {
    name,
    prefix,
    value,
    locate: (path, part) => document.locate([...prefix, ...path], part),
    source: (path) => document.source([...prefix, ...path]),
  }
}

/** A layer that is in no file. */
export function builtinLayer(name: string, value: ValueMap): Layer {
  return { name, prefix: [], value, locate: () => undefined, source: () => undefined }
}

/** Merges layers. Unchanged subtrees are shared with the layer that they came from. */
export function stackLayers(layers: readonly Layer[], base?: LayerStack, keepsNulls = false): LayerStack {
  const value = layers.reduce(
    (merged, layer) => merge(merged, layer.value, keepsNulls),
    base?.value ?? NO_VALUES,
  )
  return { value, layers: base === undefined ? layers : [...base.layers, ...layers] }
}

/** Merges the stronger map into a copy of the weaker: maps merge, lists and scalars replace, `null` removes. */
export function mergeMaps(weaker: ValueMap, stronger: ValueMap): ValueMap {
  return merge(weaker, stronger, false)
}

/** `keepsNulls`: a `null` that has nothing to remove is a value. */
function merge(weaker: ValueMap, stronger: ValueMap, keepsNulls: boolean): ValueMap {
  const entries = Object.entries(stronger)
  if (entries.length === 0) return weaker
  const merged: Record<string, Value> = Object.assign(Object.create(null), weaker)
  for (const [key, value] of entries) {
    if (value === null && (!keepsNulls || (merged[key] ?? null) !== null)) {
      delete merged[key]
    } else if (isMap(value)) {
      const below = merged[key]
      merged[key] = merge(isMap(below) ? below : NO_VALUES, value, keepsNulls)
    } else {
      merged[key] = value
    }
  }
  return Object.freeze(merged)
}

/** The layer that sets the value at a path; undefined if none does, or a stronger one removed it. */
export function layerOf({ layers }: LayerStack, path: Path): Layer | undefined {
  for (const layer of layers.toReversed()) {
    const reach = reachOf(layer.value, path)
    if (reach !== 'absent') return reach === 'present' ? layer : undefined
  }
  return undefined
}

/** Every layer that sets or removes the leaf at a path, weakest first. */
export function settingsOf(stack: LayerStack, path: Path): readonly Setting[] {
  const reached = stack.layers.flatMap((layer) => {
    const reach = reachOf(layer.value, path)
    return reach === 'absent' ? [] : [{ layer, reach }]
  })
  const settings = reached.map(({ layer, reach }, index): Setting => {
    // What cuts the path off stands above its end.
    const at = path.slice(
      0,
      path.findIndex((_, end) => !isContainer(layer.value, path.slice(0, end + 1))) + 1,
    )
    const position = layer.locate(at, 'value')
    const value = valueAt(layer.value, at) ?? null
    const effect = index < reached.length - 1 ? 'overridden' : reach === 'present' ? 'sets' : 'removes'
    return { layer: layer.name, value, effect, refersTo: pathsIn(value), ...given({ position }) }
  })
  const value = valueAt(stack.value, path)
  if (reached.length > 0 || value === undefined) return settings
  // A default within a list or record.
  return [{ layer: `recipe ${path[1]} (default)`, value, effect: 'sets', refersTo: pathsIn(value) }]
}

function isContainer(root: Value, path: Path): boolean {
  const value = valueAt(root, path)
  return isMap(value) || isList(value)
}

/** `cut`: a value on the way hides what weaker layers have at the path. */
function reachOf(root: Value, path: Path): 'present' | 'absent' | 'cut' {
  let value = root
  for (const part of path) {
    if (!isMap(value) && !isList(value)) return 'cut'
    const next = childOf(value, part)
    if (next === undefined) return isMap(value) ? 'absent' : 'cut'
    value = next
  }
  return value === null ? 'cut' : 'present'
}

/** The path of a dotted text within a value: `etcd.peers[0]`. Keys with dots are found, too. */
export function resolveDottedPath(root: Value, text: string): Path | undefined {
  if (text === '') return []
  if (isList(root)) {
    const [whole = '', index = ''] = /^\.?\[?(\d+)\]?\.?/.exec(text) ?? []
    const element = index === '' ? undefined : childOf(root, index)
    const rest = element === undefined ? undefined : resolveDottedPath(element, text.slice(whole.length))
    return rest && [Number(index), ...rest]
  }
  if (!isMap(root)) return undefined
  for (const [key, value] of Object.entries(root)) {
    if (!text.startsWith(key)) continue
    const after = text.slice(key.length)
    if (after !== '' && !/^[.[]/.test(after)) continue
    const rest = resolveDottedPath(value, after.startsWith('.') ? after.slice(1) : after)
    if (rest !== undefined) return [key, ...rest]
  }
  return undefined
}
