import type { Path } from '../model/path.ts'
import { isList, isMap, mapWith, NO_VALUES, toValue, type Value, type ValueMap } from '../model/value.ts'
import type { RangeMember } from './hosts/expand-range.ts'
import { builtinLayer } from './layers/layers.ts'
import type { HostEntry } from './resolution.ts'
import { layeredSections } from './schema/cluster-schema.ts'
import { type Document, valueAt } from './yaml/document.ts'

/** Gives another value for the one that is there, if any; undefined removes it. */
export type Alter = (value: Value | undefined) => Value | undefined

/** One value of a spec that is another one: of some hosts at a path of their scope, or where it is written. */
export type SpecChange =
  | { readonly hosts: ReadonlySet<string>; readonly path: Path; readonly to: Alter }
  | { readonly written: Path; readonly to: Alter }

/** A host of an entry, as it is or as another value makes it. */
export interface EntryMember {
  readonly entry: HostEntry
  readonly member: RangeMember
}

/** What is in the inventory is changed there. */
export function changeWritten(data: ValueMap, change: SpecChange): ValueMap {
  if ('written' in change) {
    const { written, to } = change
    return withValue(data, written, to(valueAt(data, written)))
  }
  const { hosts, path, to } = change
  if (path[0] === 'host' && path[1] === 'name') return withNamesInInventory(data, hosts, to)
  return [...hosts].reduce((changed, host) => {
    const at = inventoryPath(data, host, path)
    return at === undefined ? changed : withValue(changed, at, to(valueAt(data, at)))
  }, data)
}

function withNamesInInventory(data: ValueMap, hosts: ReadonlySet<string>, to: Alter): ValueMap {
  const { inventory } = data
  if (!isMap(inventory)) return data
  const entries = Object.entries(inventory).map(([name, entry]) => [
    hosts.has(name) ? String(to(name)) : name,
    entry,
  ])
  return mapWith(data, { inventory: mapWith(Object.fromEntries(entries)) })
}

function inventoryPath(data: ValueMap, host: string, [section, ...rest]: Path): Path | undefined {
  const path = ['inventory', host, ...rest]
  return section === 'host' && valueAt(data, path) !== undefined ? path : undefined
}

/** A host with another value at a path of its scope, before its expressions are evaluated. */
export function alterHost(
  { entry, member }: EntryMember,
  path: Path,
  to: Alter,
  { data }: Document,
): EntryMember {
  const [section, key] = path
  if (layeredSections.includes(String(section))) {
    const value = to(valueAt(entry.stack.value, path))
    const stack = {
      value: withValue(entry.stack.value, path, value),
      // It is written in no other spelling.
      layers: [...entry.stack.layers, builtinLayer('', withValue(NO_VALUES, path, value ?? null))],
    }
    return { entry: { ...entry, stack }, member }
  }
  if (section === 'environment') {
    const environment = to(entry.environment)
    return { entry: typeof environment === 'string' ? { ...entry, environment } : entry, member }
  }
  const name = section === 'index' ? section : key
  if (name === 'name') return { entry, member: { ...member, name: String(to(member.name)) } }
  if (name === 'index') return { entry, member: { ...member, index: Number(to(member.index)) } }
  if (section !== 'host' || inventoryPath(data, member.name, path) !== undefined) return { entry, member }
  const own = toValue(entry.spec)
  const spec = isMap(own) ? own : NO_VALUES
  const before = valueAt(spec, path.slice(1)) ?? (name === 'address' ? member.name : undefined)
  return { entry: { ...entry, spec: withValue(spec, path.slice(1), to(before)) }, member }
}

/** A copy of maps and lists with another value at a path, or without one. */
function withValue(root: ValueMap, path: Path, value: Value | undefined): ValueMap {
  const changed = changedAt(root, path, value)
  return isMap(changed) ? changed : root
}

function changedAt(
  root: Value | undefined,
  [first, ...rest]: Path,
  value: Value | undefined,
): Value | undefined {
  if (first === undefined) return value
  if (isList(root)) {
    const element = changedAt(root[Number(first)], rest, value)
    return root.flatMap((before, index) =>
      index === Number(first) ? (element === undefined ? [] : [element]) : [before],
    )
  }
  const map = isMap(root) ? root : NO_VALUES
  const below = changedAt(map[first], rest, value)
  if (below !== undefined) return mapWith(map, { [first]: below })
  return mapWith(Object.fromEntries(Object.entries(map).filter(([key]) => key !== first)))
}
