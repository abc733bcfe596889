import { isList, isMap, type Value, type ValueMap } from '../../model/value.ts'
import type { Place, Places } from './places.ts'

/** A part to cut: an entry with its key, or only its value (then `null` in a map, nothing in a list). */
export interface Cut {
  readonly path: readonly string[]
  readonly part: 'key' | 'value'
  /** The key that was meant; its entry keeps its value under that. */
  readonly meant?: string | undefined
}

/** A map without the cut parts. The rest keeps its places. */
export function cutMap(map: ValueMap, cuts: readonly Cut[], places: Places): ValueMap {
  const rest: Record<string, Value> = Object.create(null)
  const entries = new Map(places.get(map))
  for (const [key, value] of Object.entries(map)) {
    const here = cuts.filter(({ path }) => path[0] === key)
    const ends = here.filter(({ path }) => path.length === 1)
    const meant = ends.find((end) => end.meant !== undefined)?.meant
    const place = entries.get(key)
    if (meant !== undefined && place !== undefined && !Object.hasOwn(map, meant)) {
      rest[meant] = value
      entries.set(meant, place)
    }
    if (ends.some(({ part }) => part === 'key')) continue
    rest[key] = ends.length > 0 ? null : cut(value, below(here), places)
  }
  places.set(rest, entries)
  return Object.freeze(rest)
}

function cut(value: Value, cuts: readonly Cut[], places: Places): Value {
  if (cuts.length === 0) return value
  if (isList(value)) return cutList(value, cuts, places)
  return isMap(value) ? cutMap(value, cuts, places) : value
}

function cutList(list: readonly Value[], cuts: readonly Cut[], places: Places): readonly Value[] {
  const rest: Value[] = []
  const before = places.get(list)
  const after = new Map<string, Place>()
  for (const [index, value] of list.entries()) {
    const here = cuts.filter(({ path }) => path[0] === String(index))
    if (here.some(({ path }) => path.length === 1)) continue
    const place = before?.get(String(index))
    if (place !== undefined) after.set(String(rest.length), place)
    rest.push(cut(value, below(here), places))
  }
  places.set(rest, after)
  return Object.freeze(rest)
}

function below(cuts: readonly Cut[]): readonly Cut[] {
  return cuts.map((cut) => ({ ...cut, path: cut.path.slice(1) }))
}
