import type { Facts } from '../../model/facts.ts'
import type { KeptGeneration } from '../../model/manifest.ts'
import { type HostCatalog, pathIn } from '../../model/resource.ts'

/** Sources that decide whether content may be shown: the spec, and all current and earlier manifests. */
export interface Owners {
  readonly catalog: HostCatalog
  readonly facts: Facts
  readonly generations: readonly KeptGeneration[]
}

/** Finds whether any of them marks a path, or a resource's content there, as sensitive. */
export function sensitivePaths({ catalog, facts, generations }: Owners) {
  const { manifest = [], others = [] } = facts.state ?? {}
  const kept = [manifest, ...others.map((other) => other.manifest), ...generations.map((one) => one.manifest)]
  const paths = new Set<string>()
  const resources = new Set<string>()
  for (const { resource } of catalog.entries.filter((entry) => entry.resource.isSensitive)) {
    resources.add(resource.id)
    for (const claim of resource.claims) paths.add(pathIn(claim) ?? '')
  }
  for (const one of kept.flat().filter(({ sensitive }) => sensitive === true)) {
    resources.add(one.resource)
    for (const path of [...Object.keys(one.paths), one.part?.path ?? '']) paths.add(path)
  }
  return { has: (path: string, resource: string): boolean => paths.has(path) || resources.has(resource) }
}
