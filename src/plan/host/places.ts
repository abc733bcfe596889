import { posix } from 'node:path'
import { ResourceConflict } from '../../model/errors.ts'
import type { Facts, Probe } from '../../model/facts.ts'
import { type HostCatalog, pathIn, type ResourceId } from '../../model/resource.ts'

// As Linux's limit for one path.
const mostLinks = 40

/** Finds where a path really is, once the links that the spec declares are there. */
export function placesOf({ entries }: HostCatalog, { paths }: Facts): (path: string) => string {
  const links = declaredLinks(entries)
  return (path) => {
    const declared = links.size === 0 ? path : through(links, path)
    return paths[declared]?.real ?? declared
  }
}

/** What is asked of the places of declared paths below declared links, which need not be there yet. */
export function placeProbes({ entries }: HostCatalog): readonly Probe[] {
  const links = declaredLinks(entries)
  if (links.size === 0) return []
  return entries
    .flatMap(({ resource: { claims } }) => claims.flatMap((claim) => pathIn(claim) ?? []))
    .map((path) => [path, through(links, path)] as const)
    .flatMap(([path, place]): readonly Probe[] => (path === place ? [] : [{ probe: 'path', path: place }]))
}

function declaredLinks(entries: HostCatalog['entries']): ReadonlyMap<string, string> {
  return new Map(
    entries.flatMap(({ resource: { kind, name, desired } }) =>
      kind === 'link' && typeof desired.target === 'string' ? [[name, desired.target]] : [],
    ),
  )
}

function through(links: ReadonlyMap<string, string>, path: string, left = mostLinks): string {
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
    const above = path.slice(0, end)
    const target = links.get(above)
    if (target === undefined || left === 0) continue
    return through(links, posix.resolve(posix.dirname(above), target) + path.slice(end), left - 1)
  }
  return path
}

/** Throws a ResourceConflict for two declared paths that are one on this host, and for one that leads where others say. */
export function refuseSamePlaces(catalog: HostCatalog, facts: Facts): void {
  const placeOf = placesOf(catalog, facts)
  const owners = new Map<string, { readonly id: ResourceId; readonly path: string }>()
  for (const { resource } of catalog.entries) {
    for (const claim of resource.claims) {
      const path = pathIn(claim)
      if (path === undefined) continue
      if (facts.paths[path]?.leadsOut)
        throw new ResourceConflict(
          resource.id,
          `a directory above ${path} is a symbolic link that leads out of the tree`,
          'make the link relative, or declare the path that it is to lead to',
        )
      if (facts.paths[path]?.isLedByOthers)
        throw new ResourceConflict(
          resource.id,
          `a directory above ${path} is a symbolic link that others than root can change`,
          `declare the path that it leads to now, ${facts.paths[path]?.real}, or make the link in a directory of root's`,
        )
      const place = placeOf(path)
      const other = owners.get(place)
      if (other !== undefined && other.path !== path)
        throw new ResourceConflict(
          resource.id,
          `${path} and ${other.path} of ${other.id} are the same place, ${place}`,
          'declare it once, under one path',
        )
      owners.set(place, { id: resource.id, path })
    }
  }
}
