import type { Value, ValueMap } from '../../model/value.ts'
import type { Place, Places } from './places.ts'

/** What is to go: an entry with its key, or only its value (then `null` in a map, nothing in a list). */
export interface Cut {
  readonly path: readonly string[]
  readonly part: 'key' | 'value'
}

/** A map without what is cut. What remains keeps its places. */
export function pruneMap(map: ValueMap, cuts: readonly Cut[], places: Places): ValueMap {
  const pruned: Record<string, Value> = Object.create(null)
  for (const [key, value] of Object.entries(map)) {
    const here = cuts.filter(({ path }) => path[0] === key)
    const ends = here.filter(({ path }) => path.length === 1)
    if (ends.some(({ part }) => part === 'key')) continue
    pruned[key] = ends.length > 0 ? null : prune(value, below(here), places)
  }
  places.set(pruned, places.get(map) ?? new Map())
  return Object.freeze(pruned)
}

function prune(value: Value, cuts: readonly Cut[], places: Places): Value {
  if (cuts.length === 0 || typeof value !== 'object' || value === null) return value
  return isList(value) ? pruneList(value, cuts, places) : pruneMap(value, cuts, places)
}

function pruneList(list: readonly Value[], cuts: readonly Cut[], places: Places): readonly Value[] {
  const pruned: Value[] = []
  const before = places.get(list)
  const after = new Map<string, Place>()
  for (const [index, value] of list.entries()) {
    const here = cuts.filter(({ path }) => path[0] === String(index))
    if (here.some(({ path }) => path.length === 1)) continue
    const place = before?.get(String(index))
    if (place !== undefined) after.set(String(pruned.length), place)
    pruned.push(prune(value, below(here), places))
  }
  places.set(pruned, after)
  return Object.freeze(pruned)
}

function below(cuts: readonly Cut[]): readonly Cut[] {
  return cuts.map(({ path, part }) => ({ path: path.slice(1), part }))
}

function isList(value: Value & object): value is readonly Value[] {
  return Array.isArray(value)
}
