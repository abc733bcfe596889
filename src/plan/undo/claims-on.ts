import type { Facts, Probe } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { pathOf, rulesOf } from '../../operations/index.ts'

/** Why what an operation would undo is kept; without a note if it only moved within the spec. */
export interface ClaimOn {
  readonly note?: string
}

/** Finds whether the spec or another cluster claims what an operation would undo. */
export function claimsOn(
  { entries }: HostCatalog,
  facts: Facts,
): (operation: Operation) => ClaimOn | undefined {
  const ours = new Map<string, string>(
    entries.flatMap(({ resource }) =>
      resource.claims.map(({ kind, key }) => [`${kind} ${key}`, resource.id] as const),
    ),
  )
  const theirs = new Map<string, string>(
    (facts.state?.others ?? []).flatMap(({ cluster, manifest }) =>
      manifest.flatMap(({ resource, paths }) =>
        [identityKey(resource), ...Object.keys(paths).map(pathKey)].map((key) => {
          return [key, `${resource} of the cluster ${cluster}`] as const
        }),
      ),
    ),
  )
  return (operation) => {
    const keys = rulesOf(operation).probes(operation).map(probeKey)
    if (keys.some((key) => ours.has(key))) return {}
    const what = pathOf(operation) ?? keys[0]
    const [their] = keys.flatMap((key) => theirs.get(key) ?? [])
    if (their !== undefined) return { note: `kept ${what}: it belongs to ${their}` }
    if (operation.op !== 'remove') return undefined
    const inside = `${pathKey(operation.path)}/`
    const inner = [...ours, ...theirs].find(([key]) => key.startsWith(inside))?.[1]
    return inner === undefined ? undefined : { note: `kept ${what}: ${inner} is in it` }
  }
}

function probeKey(probe: Probe): string {
  if (probe.probe === 'path') return pathKey(probe.path)
  if (probe.probe === 'unit') return `unit ${probe.unit}`
  // What a command answers belongs to no resource.
  return 'name' in probe ? `${probe.probe} ${probe.name}` : ''
}

function pathKey(path: string): string {
  return `path ${path}`
}

/** `user web` for `user[web]`. */
function identityKey(resource: string): string {
  return resource.replace(/^([^[]*)\[(.*)\]$/s, '$1 $2')
}
