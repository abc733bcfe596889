import type { Facts } from '../../model/facts.ts'
import type { KeptGeneration, ManifestEntry } from '../../model/manifest.ts'
import type { HostCatalog, Resource } from '../../model/resource.ts'

/** Whose word counts on what may be shown: the spec's, and that of all manifests, of now and of the time before. */
export interface Owners {
  readonly catalog: HostCatalog
  readonly facts: Facts
  readonly generations: readonly KeptGeneration[]
}

/** Whether any of them says that the content of a path, or what a resource has there, is not to be shown. */
export function sensitivePaths({ catalog, facts, generations }: Owners) {
  const { manifest = [], others = [] } = facts.state ?? {}
  const applied = [manifest, ...others.map((other) => other.manifest), ...generations.map(manifestOf)].flat()
  const paths = new Set<string>()
  const resources = new Set<string>()
  for (const { resource } of catalog.entries.filter(isDeclaredSensitive)) {
    resources.add(resource.id)
    for (const { kind, key } of resource.claims) if (kind === 'path') paths.add(key)
  }
  for (const one of applied.filter(({ sensitive }) => sensitive === true)) {
    resources.add(one.resource)
    for (const path of Object.keys(one.paths)) paths.add(path)
  }
  return { has: (path: string, resource: string): boolean => paths.has(path) || resources.has(resource) }
}

function manifestOf({ manifest }: KeptGeneration): readonly ManifestEntry[] {
  return manifest
}

function isDeclaredSensitive({ resource }: { readonly resource: Resource }): boolean {
  return resource.desired.sensitive === true
}
