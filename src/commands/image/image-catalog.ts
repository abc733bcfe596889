import { onlyHost } from '../../load/hosts/select-hosts.ts'
import type { SpecChange } from '../../load/what-if.ts'
import type { Host } from '../../model/cluster.ts'
import { InternalError } from '../../model/errors.ts'
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

/** The digests of the resources of the same host with another name, with other addresses, and so on. */
function twins(spec: LoadedSpec, host: Host): readonly ReadonlyMap<string, string>[] {
  const own = new Set([host.name])
  const all = new Set(spec.cluster.hosts.map(({ name }) => name))
  let last = 0
  const address = () => {
    last += 1
    return `198.18.${last >> 8}.${last & 255}`
  }
  const changes: readonly SpecChange[] = [
    { hosts: own, path: ['host', 'name'], to: (value) => `${value}-twin` },
    { hosts: all, path: ['host', 'address'], to: address },
    { hosts: all, path: ['host', 'publicAddress'], to: address },
    ...Object.keys(host.labels).map(
      (label): SpecChange => ({
        hosts: own,
        path: ['host', 'labels', label],
        to: (value) => `${value}-twin`,
      }),
    ),
  ]
  return changes.map((change) => digestsOf(spec, host, change, all))
}

function digestsOf(
  spec: LoadedSpec,
  host: Host,
  change: SpecChange,
  all: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const cluster = spec.whatIf(change, all)
  const changed = cluster?.hosts[spec.cluster.hosts.indexOf(host)]
  const what = 'path' in change ? formatPath(change.path) : ''
  if (cluster === undefined || changed === undefined)
    throw usageError(
      `nobody can tell what of ${host.name} belongs in an image`,
      `because the spec is not valid with another ${what}: name hosts by roles or labels in it, or make the image of another host`,
    )
  const { hosts } = spec.compile({ cluster, hosts: [changed], recipes: spec.recipes })
  const entries = hosts.flatMap((catalog) => catalog.entries)
  return new Map(entries.map(({ resource: { id, desired } }) => [id, desiredDigest(desired)]))
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
