import { onlyHost } from '../../load/hosts/select-hosts.ts'
import type { SpecChange } from '../../load/what-if.ts'
import type { Host } from '../../model/cluster.ts'
import { InternalError, SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import { formatPath } from '../../model/path.ts'
import {
  type CatalogEntry,
  type Claim,
  type HostCatalog,
  isComposite,
  type Resource,
} from '../../model/resource.ts'
import { desiredDigest } from '../../record/digest.ts'
import { resourceKinds } from '../../resources/index.ts'
import { usageError } from '../cli/usage-error.ts'
import { catalogOf, type LoadedSpec } from '../spec/load-spec.ts'

/** What an image of a host has, and what only the host itself is given. */
export interface ImageCatalog {
  readonly catalog: HostCatalog
  readonly left: readonly CatalogEntry[]
}

/**
 * What of a host's catalog belongs in an image for others like it: nothing that would be another one on a host with other
 * names, addresses and labels, nothing secret, and nothing that runs. What needs something that is left out is left out.
 */
export function imageCatalog(spec: LoadedSpec, name: string): ImageCatalog {
  const host = onlyHost(spec.cluster.hosts, name)
  const catalog = catalogOf(spec, name)
  if (catalog === undefined) throw new InternalError(`${name} has no catalog`)
  const others = twins(spec, host)
  const kept: CatalogEntry[] = []
  const left: CatalogEntry[] = []
  const missing = new Set<string>()
  for (const entry of catalog.entries) {
    const { resource } = entry
    const isOwn = others.some((digests) => digests.get(resource.id) !== desiredDigest(resource.desired))
    const lacks = (resource.follows?.() ?? []).some((claim) => missing.has(keyOf(claim)))
    const part = isOwn || lacks || isPrivate(resource) ? undefined : withoutRunning(resource)
    if (part === undefined) {
      left.push(entry)
      for (const claim of resource.claims) missing.add(keyOf(claim))
    } else kept.push({ ...entry, resource: part })
  }
  const ids = new Set(kept.map(({ resource }) => resource.id))
  return {
    left,
    catalog: {
      host: name,
      entries: kept.map((entry) => ({
        ...entry,
        after: entry.after.filter((id) => ids.has(id)),
        notifies: entry.notifies.filter(({ resource }) => ids.has(resource)),
      })),
    },
  }
}

/** The digests of the resources of the same host with another name, with other addresses, and with each label another one. */
function twins(spec: LoadedSpec, host: Host): readonly Digests[] {
  const { hosts } = spec.cluster
  const own = new Set([host.name])
  const all = new Set(hosts.map(({ name }) => name))
  let last = 0
  const address = () => {
    last += 1
    return `198.18.${last >> 8}.${last & 255}`
  }
  const labels = Object.entries(host.labels).map(([label, value]) => {
    const others = new Set(hosts.flatMap(({ labels }) => labels[label] ?? []))
    others.delete(value)
    return [...others, `${value}-twin`].map((to) => ({
      hosts: own,
      path: ['host', 'labels', label],
      to: () => to,
    }))
  })
  const changes: readonly (readonly Change[])[] = [
    [{ hosts: own, path: ['host', 'name'], to: (name) => `${name}-twin` }],
    [{ hosts: all, path: ['host', 'address'], to: address }],
    [{ hosts: all, path: ['host', 'publicAddress'], to: address }],
    ...labels,
  ]
  return changes.map((candidates) => {
    const [found] = candidates.flatMap((change) => digestsOf(spec, host, change) ?? [])
    if (found !== undefined) return found
    const what = formatPath(candidates.flatMap(({ path }) => path).slice(0, 3))
    throw usageError(
      `nobody can tell what of ${host.name} belongs in an image: the spec is not valid with another ${what}`,
      'name hosts in it by roles and labels, or make the image of another host',
    )
  })
}

type Change = Extract<SpecChange, { readonly path: unknown }>
type Digests = ReadonlyMap<string, string>

/** Undefined if the spec is not valid with the change. */
function digestsOf(spec: LoadedSpec, host: Host, change: Change): Digests | undefined {
  const { hosts } = spec.cluster
  const cluster = spec.whatIf(change, new Set(hosts.map(({ name }) => name)))
  const changed = cluster?.hosts[hosts.indexOf(host)]
  if (cluster === undefined || changed === undefined) return undefined
  try {
    const { hosts: catalogs } = spec.compile({ cluster, hosts: [changed], recipes: spec.recipes })
    const entries = catalogs.flatMap((catalog) => catalog.entries)
    return new Map(entries.map(({ resource: { id, desired } }) => [id, desiredDigest(desired)]))
  } catch (error) {
    if (error instanceof SpecError) return undefined
    throw error
  }
}

function isPrivate({ isSensitive, closedSecrets }: Resource): boolean {
  return isSensitive || closedSecrets.length > 0
}

/** The same without what starts or enables anything; undefined if nothing is left of it. */
function withoutRunning(resource: Resource): Resource | undefined {
  const { kind, desired, relations } = resource
  if (desired.live === true) return undefined
  if (kind !== 'unit' || desired.absent === true) return resource
  const { enabled, started: _, ...files } = desired
  const isOwn = files.content !== undefined
  const rest = {
    ...files,
    // The package that brings it may enable it.
    ...(!isOwn && enabled !== undefined && { enabled: false }),
  }
  if (Object.keys(rest).every((key) => key === 'name' || key === 'directory')) return undefined
  const { onlyIf, unless } = relations
  const made = resourceKinds.unit?.create({ ...rest, ...given({ onlyIf, unless }) })
  if (made === undefined || isComposite(made)) throw new InternalError('the kind unit is none')
  return made
}

function keyOf({ kind, key }: Claim): string {
  return `${kind} ${key}`
}
