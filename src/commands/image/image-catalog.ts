import { onlyHost } from '../../load/hosts/select-hosts.ts'
import type { SpecChange } from '../../load/what-if.ts'
import type { Cluster, Host } from '../../model/cluster.ts'
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
  // What comes after a unit that runs may need that it does.
  const waited = new Set<string>()
  for (const entry of catalog.entries) {
    const { resource } = entry
    const isOwn = others.some((digests) => digests.get(resource.id) !== digestOf(resource))
    const lacks =
      (resource.follows?.() ?? []).some((claim) => missing.has(keyOf(claim))) ||
      // The file of a unit needs nothing until the unit starts.
      (resource.kind !== 'unit' && entry.after.some((id) => waited.has(id)))
    const part = isOwn || lacks || isPrivate(resource) ? undefined : withoutRunning(resource)
    if (part === undefined || resource.desired.started === true) waited.add(resource.id)
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

/**
 * The digests of the resources of the same host among hosts of other names, with other addresses, with another index, at
 * either end of the spec, and with each label another one.
 */
function twins(spec: LoadedSpec, host: Host): readonly Digests[] {
  const { hosts } = spec.cluster
  const own = new Set([host.name])
  const all = new Set(hosts.map(({ name }) => name))
  let last = 0
  const address = () => {
    last += 1
    return `198.18.${last >> 8}.${last & 255}`
  }
  const toBoth = (path: readonly string[], to: Change['to']): readonly Change[] =>
    [all, own].map((hosts) => ({ hosts, path, to }))
  const labels = [...new Set(hosts.flatMap(({ labels }) => Object.keys(labels)))].map((label) => {
    const value = host.labels[label]
    const others = new Set(hosts.flatMap(({ labels }) => labels[label] ?? []))
    if (value !== undefined) others.add(`${value}-twin`).delete(value)
    return [...others].map((to): Change => ({ hosts: own, path: ['host', 'labels', label], to: () => to }))
  })
  const changes: readonly (readonly Change[])[] = [
    // Barely longer, because names have limits.
    toBoth(['host', 'name'], (name) => `${name}x`),
    [{ hosts: all, path: ['host', 'address'], to: address }],
    [{ hosts: all, path: ['host', 'publicAddress'], to: address }],
    toBoth(['index'], (index) => Number(index) + 1),
    ...labels,
  ]
  const rest = hosts.filter((other) => other !== host)
  return [
    ...changes.flatMap((candidates) => firstValid(spec, host, candidates)),
    ...[
      [host, ...rest],
      [...rest, host],
    ].map((moved) => {
      const digests = digestsOf(spec, { ...spec.cluster, hosts: moved }, host)
      if (digests === undefined) throw unknowable(host, 'order of its hosts')
      return digests
    }),
  ]
}

type Change = Extract<SpecChange, { readonly path: unknown }>
type Digests = ReadonlyMap<string, string>

function firstValid(spec: LoadedSpec, host: Host, candidates: readonly Change[]): readonly Digests[] {
  const [first] = candidates
  if (first === undefined) return []
  const { hosts } = spec.cluster
  for (const change of candidates) {
    const cluster = spec.whatIf(change, new Set(hosts.map(({ name }) => name)))
    const changed = cluster?.hosts[hosts.indexOf(host)]
    const digests = cluster && changed && digestsOf(spec, cluster, changed)
    if (digests !== undefined) return [digests]
  }
  throw unknowable(host, formatPath(first.path))
}

function unknowable({ name }: Host, what: string): Error {
  return usageError(
    `nobody can tell what of ${name} belongs in an image: the spec is not valid with another ${what}`,
    'name hosts in it by roles and labels, or make the image of another host',
  )
}

/** Undefined if the host cannot be compiled. */
function digestsOf(spec: LoadedSpec, cluster: Cluster, host: Host): Digests | undefined {
  try {
    const { hosts } = spec.compile({ cluster, hosts: [host], recipes: spec.recipes })
    const entries = hosts.flatMap((catalog) => catalog.entries)
    return new Map(entries.map(({ resource }) => [resource.id, digestOf(resource)]))
  } catch (error) {
    if (error instanceof SpecError) return undefined
    throw error
  }
}

/** Of what it is to be, and when. */
function digestOf({ desired, relations: { onlyIf, unless } }: Resource): string {
  return desiredDigest({ ...desired, ...given({ onlyIf, unless }) })
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
