import type { Facts, Probe } from '../../model/facts.ts'
import type { ManifestEntry } from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'
import type { HostCatalog, Resource } from '../../model/resource.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'
import { isOwnedBy } from '../../operations/applied-state.ts'
import { isEdit, partKey, pathOf, rulesOf, takesOver } from '../../operations/index.ts'
import { placesOf } from '../host/places.ts'

/** Why what an operation would undo is kept; without a note if it only moved within the spec. */
export interface ClaimOn {
  readonly note?: string
}

/** Finds whether the spec or another cluster claims what an operation would undo. */
export function claimsOn(
  { entries }: HostCatalog,
  facts: Facts,
): (operation: Operation) => ClaimOn | undefined {
  // The spec may have the same place under another path now.
  const placeOf = placesOf({ host: '', entries }, facts)
  const ours = new Map<string, string>(
    entries.flatMap(({ resource }) =>
      resource.claims.flatMap(({ kind, key, in: file }) =>
        [
          `${kind} ${kind === 'path' ? placeOf(key) : key}`,
          ...(file === undefined ? [] : [partsKey(placeOf(file))]),
        ].map((claimed) => [claimed, resource.id] as const),
      ),
    ),
  )
  const theirs = new Map<string, string>(
    (facts.state?.others ?? []).flatMap(({ cluster, manifest }) =>
      manifest.flatMap((entry) =>
        claimKeys(entry).map((key) => [key, `${entry.resource} of the cluster ${cluster}`] as const),
      ),
    ),
  )
  const neededBy = needsOn({ entries }, facts)
  // What is to be absent is in nothing.
  const gone = new Set<string>(entries.flatMap(({ resource }) => (isAbsent(resource) ? [resource.id] : [])))
  // Marker lines belong to one block.
  const isTakenOver = (operation: Operation): boolean =>
    isEdit(operation) &&
    operation.part.kind !== undefined &&
    editsOf({ entries }, operation.path).some((one) => takesOver(one, operation, facts))
  return (operation) => {
    const probes = rulesOf(operation).probes(operation)
    const keys = [...probes.map(probeKey), ...(isEdit(operation) ? [`part ${partKey(operation)}`] : [])]
    const places = probes.map((probe) => (probe.probe === 'path' ? pathKey(placeOf(probe.path)) : ''))
    if ([...keys, ...places].some((key) => ours.has(key))) return {}
    if (isTakenOver(operation)) return {}
    const what = pathOf(operation) ?? keys[0]
    const [their] = keys.flatMap((key) => theirs.get(key) ?? [])
    if (their !== undefined) return { note: `kept ${what}: it belongs to ${their}` }
    const whole = isEdit(operation) ? undefined : pathOf(operation)
    const part =
      whole &&
      [whole, placeOf(whole)].map(partsKey).flatMap((key) => ours.get(key) ?? theirs.get(key) ?? [])[0]
    if (part !== undefined) return { note: `kept ${whole}: ${part} is a part of it` }
    const need = neededBy(operation)
    if (need !== undefined) return { note: `kept ${what}: ${need}` }
    if (operation.op !== 'remove') return undefined
    const { path } = operation
    const insides = [path, placeOf(path)].map((above) => `${pathKey(above)}/`)
    const inner = [...ours, ...theirs].find(
      ([key, id]) => !gone.has(id) && insides.some((inside) => key.startsWith(inside)),
    )?.[1]
    return inner === undefined ? undefined : { note: `kept ${what}: ${inner} is in it` }
  }
}

/** Finds why an account that an operation would remove is still needed. */
export function needsOn(
  { entries }: Pick<HostCatalog, 'entries'>,
  facts: Facts,
): (operation: Operation) => string | undefined {
  const needing = accountsNeeded(entries)
  const primaryMember = primaryMembers(entries, facts)
  return (operation) => {
    const keys = rulesOf(operation).probes(operation).map(probeKey)
    const needed = keys.flatMap((key) => needing.get(key) ?? neededByOthers(key, facts) ?? [])[0]
    if (needed !== undefined) return `${needed} needs it`
    const member = operation.op === 'remove-group' ? primaryMember(operation.name) : undefined
    return member && `it is the primary group of ${member}`
  }
}

/** What the spec wants of the parts of a file. */
export function editsOf({ entries }: Pick<HostCatalog, 'entries'>, path: string) {
  return entries
    .filter(({ resource: { claims } }) => claims.some(({ in: file }) => file === path))
    .flatMap(({ resource }) => resource.steps(supposedFacts(resource.probes, 'unknown')))
    .flatMap(({ operation }) => (isEdit(operation) ? [operation] : []))
}

function isAbsent({ desired }: Resource): boolean {
  return desired.absent === true
}

/** The accounts, as in `group web`, that owners, commands and members need, each with a resource that does. */
function accountsNeeded(entries: HostCatalog['entries']): ReadonlyMap<string, string> {
  return new Map(
    entries.flatMap(({ resource: { id, kind, probes } }) =>
      probes.flatMap((probe) => {
        if (probe.probe === 'account') return [[probe.account, id] as const]
        return kind === 'user' && probe.probe === 'group' ? [[probeKey(probe), id] as const] : []
      }),
    ),
  )
}

/** The resource of another cluster that an account owns, or that is a member of it. */
function neededByOthers(account: string, { groups, state }: Facts): string | undefined {
  if (!/^(user|group) /.test(account)) return undefined
  const members = account.startsWith('group ') ? groups[account.slice('group '.length)]?.members : []
  const needs = ({ resource, paths }: ManifestEntry): boolean =>
    Object.values(paths).some((owned) => isOwnedBy(owned, account)) ||
    members?.some((user) => resource === `user[${user}]`) === true
  return (state?.others ?? []).flatMap(({ cluster, manifest }) => {
    const entry = manifest.find(needs)
    return entry === undefined ? [] : [`${entry.resource} of the cluster ${cluster}`]
  })[0]
}

/** Finds a user that stays in its primary group. */
function primaryMembers(
  entries: HostCatalog['entries'],
  facts: Facts,
): (group: string) => string | undefined {
  const declared = new Set<string>(entries.map(({ resource }) => resource.id))
  const absent = entries.flatMap(({ resource }) =>
    resource.kind === 'user' && isAbsent(resource) ? [resource.name] : [],
  )
  const removed = new Set([
    ...absent,
    ...(facts.state?.manifest ?? [])
      .filter(({ resource }) => !declared.has(resource))
      .flatMap(({ removal }) => removal.flatMap((one) => (one.op === 'remove-user' ? [one.name] : []))),
  ])
  const moved = new Map(
    entries.flatMap(({ resource: { kind, name, desired } }) =>
      kind === 'user' && typeof desired.group === 'string' ? [[name, desired.group]] : [],
    ),
  )
  return (group) =>
    facts.groups[group]?.primaryOf?.find((user) => !removed.has(user) && (moved.get(user) ?? group) === group)
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

/** What a manifest's resource owns, as in `path /etc/x` and, for `user[web]`, `user web`. */
export function claimKeys({ resource, paths, part }: ManifestEntry): readonly string[] {
  return [
    resource.replace(/^([^[]*)\[(.*)\]$/s, '$1 $2'),
    ...Object.keys(paths).map(pathKey),
    ...(part === undefined ? [] : [`part ${part.key}`, partsKey(part.path)]),
  ]
}

/** What whoever has a part of a file keeps others from owning: the file as a whole. */
export function partsKey(path: string): string {
  return `parts of ${path}`
}
