import { selectHosts } from '../../load/hosts/select-hosts.ts'
import type { EtcdConnection } from '../../model/cluster-object.ts'
import type { CatalogEntry } from '../../model/resource.ts'
import { nearestHint } from '../../validation/nearest.ts'
import { usageError } from '../cli/usage-error.ts'
import type { LoadedSpec } from '../spec/load-spec.ts'

/** A member of a group of etcd in the spec. */
export interface EtcdMember {
  readonly host: string
  readonly entry: CatalogEntry
}

/** The members of a group, in spec order, of those hosts that a selector chooses. Throws a SpecError if there is none. */
export function etcdMembers(
  { cluster, catalog }: LoadedSpec,
  group: string,
  limit: string | undefined,
): readonly EtcdMember[] {
  const all = catalog.hosts.flatMap(({ host, entries }) =>
    entries.flatMap((entry) => (hasSnapshots(entry) ? [{ host, entry }] : [])),
  )
  const groups = [...new Set(all.map(({ entry }) => textOf(entry, 'group')))]
  if (groups.length === 0)
    throw usageError('the spec has no members of etcd 3.4 or later', 'they come from the recipe etcd')
  if (!groups.includes(group))
    throw usageError(`the spec has no group of etcd called ${group}`, nearestHint(group, groups, ''))
  const selected = limit === undefined ? undefined : selectHosts(cluster.hosts, limit).map(({ name }) => name)
  const chosen = all.filter(
    ({ host, entry }) => textOf(entry, 'group') === group && (selected?.includes(host) ?? true),
  )
  if (chosen.length === 0)
    throw usageError(`--limit ${limit} chooses no member of ${group}`, 'choose hosts that have one')
  return chosen
}

/** etcd before 3.4 has none that converge knows. */
function hasSnapshots(entry: CatalogEntry): boolean {
  const [major = 0, minor = 0] = textOf(entry, 'version').split('.').map(Number)
  return entry.resource.kind === 'etcdMember' && (major > 3 || (major === 3 && minor >= 4))
}

export function textOf({ resource: { desired } }: CatalogEntry, name: string): string {
  const value = desired[name]
  return typeof value === 'string' ? value : ''
}

export function connectionOf(entry: CatalogEntry): EtcdConnection {
  const { clientUrls } = entry.resource.desired
  return {
    etcdctl: textOf(entry, 'etcdctl'),
    clientUrls: Array.isArray(clientUrls) ? clientUrls.filter((url) => typeof url === 'string') : [],
    clientVariables: textOf(entry, 'clientVariables'),
  }
}
