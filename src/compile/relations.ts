import type { Problem } from '../model/diagnostic.ts'
import type { NotificationAction, ResourceRef, Timing } from '../model/relations.ts'
import type { Claim, Notification, ResourceId } from '../model/resource.ts'
import { nearest } from '../validation/nearest.ts'
import { identityElsewhere } from '../validation/words-elsewhere.ts'
import type { Ownership } from './claims.ts'
import type { Declared } from './declared.ts'

/** One resource comes after another, and the relation in the spec that requires it. */
export interface Edge {
  readonly to: ResourceId
  readonly because: string
}

export interface ResolvedRelations {
  readonly after: ReadonlyMap<ResourceId, readonly Edge[]>
  readonly notifies: ReadonlyMap<ResourceId, readonly Notification[]>
}

/**
 * Resolves the relations of one host's resources to identities. `restartOn` and `reloadOn` become notifications of the
 * resources that they name, and put those first: what a service reads is in place before it starts. `notifies` does not
 * affect the order. What a resource follows (its directory, its owner, the mount that it is on) comes first if it is declared.
 */
export function resolveRelations(owned: Ownership, report: (problem: Problem) => void): ResolvedRelations {
  const after = new Map<ResourceId, Edge[]>()
  const notifies = new Map<ResourceId, Notification[]>()
  const notified = new Set<ResourceId>()
  const mounts = mountsOf(owned)
  const inside: (readonly [ResourceId, Edge])[] = []
  for (const declared of owned.byId.values()) {
    const { resource } = declared
    const { id, relations } = resource
    const edges: Edge[] = []
    after.set(id, edges)
    const find = (ref: ResourceRef, relation: string) => resolve(ref, relation, declared, owned, report)
    const notify = (from: ResourceId, to: Declared, action: NotificationAction, timing: Timing) => {
      if (!(to.resource.actions ?? []).includes(action)) return report(notUnderstood(declared, to, action))
      notified.add(to.resource.id)
      put(notifies, from, { resource: to.resource.id, action, timing })
    }
    for (const ref of relations.after ?? []) {
      const target = find(ref, 'after')
      if (target !== undefined) edges.push({ to: target.resource.id, because: 'after' })
    }
    for (const [relation, action] of [
      ['restartOn', 'restart'],
      ['reloadOn', 'reload'],
    ] as const) {
      for (const ref of relations[relation] ?? []) {
        const source = find(ref, relation)
        if (source === undefined) continue
        edges.push({ to: source.resource.id, because: relation })
        notify(source.resource.id, declared, action, 'delayed')
      }
    }
    for (const { resource: ref, action, timing = 'delayed' } of relations.notifies ?? []) {
      const target = find(ref, 'notifies')
      if (target !== undefined) notify(id, target, action, timing)
    }
    const followed = resource.follows?.() ?? []
    for (const claim of followed) {
      const owner = owned.ownerOf(claim)
      if (owner === undefined || owner === id) continue
      if (!isAbsent(owned.byId.get(owner))) edges.push({ to: owner, because: `its ${claim.kind}` })
      else if (isAbsent(declared)) inside.push([owner, { to: id, because: 'what is in it' }])
      else report(needsAbsent(declared, claim, owner))
    }
    if (mounts.size === 0) continue
    for (const { kind, key } of [...resource.claims, ...followed]) {
      const above = kind === 'path' ? (mounts.get(key) ?? []) : []
      edges.push(...above.filter((mount) => mount !== id).map((to) => ({ to, because: 'its mount' })))
    }
  }
  for (const [id, edge] of inside) after.get(id)?.push(edge)
  for (const declared of owned.byId.values()) {
    if (declared.resource.dormant && !notified.has(declared.resource.id)) report(neverRuns(declared))
  }
  return { after, notifies }
}

function isAbsent(declared: Declared | undefined): boolean {
  return declared?.resource.desired.absent === true
}

function needsAbsent({ resource, declaredBy, position }: Declared, claim: Claim, owner: ResourceId): Problem {
  return {
    code: 'needs-absent',
    message: `${resource.id} by ${declaredBy} needs the ${claim.kind} ${claim.key}, but ${owner} is to be absent`,
    hint: `remove absent from ${owner}, or remove ${resource.id}`,
    position,
  }
}

/** The mount and automount units by the path that they mount on. */
function mountsOf({ byId }: Ownership): ReadonlyMap<string, readonly ResourceId[]> {
  const mounts = new Map<string, ResourceId[]>()
  for (const { resource } of byId.values()) {
    const { id, mountsOn } = resource
    if (mountsOn !== undefined) mounts.set(mountsOn, [...(mounts.get(mountsOn) ?? []), id])
  }
  return mounts
}

/** Adds a notification once; it is immediate if any declaration is. */
function put(lists: Map<ResourceId, Notification[]>, from: ResourceId, notification: Notification): void {
  const list = lists.get(from)
  if (list === undefined) {
    lists.set(from, [notification])
    return
  }
  const { resource, action, timing } = notification
  const same = list.findIndex((other) => other.resource === resource && other.action === action)
  if (same === -1) list.push(notification)
  else if (timing === 'immediate') list[same] = notification
}

function resolve(
  ref: ResourceRef,
  relation: string,
  declared: Declared,
  { byId }: Ownership,
  report: (problem: Problem) => void,
): Declared | undefined {
  const id = typeof ref === 'string' ? ref : ref.id
  const found = byId.get(id)
  if (found !== undefined) return found
  const spelled = identityElsewhere(id)
  const keys = [...byId.keys()]
  const likely = keys.find((other) => other === spelled) ?? nearest(id, keys)
  const missing =
    typeof ref === 'string'
      ? 'declare it for the same host, in a recipe or below `resources:`'
      : 'also return it from the recipe'
  report({
    code: 'unknown-resource',
    message: `${declared.resource.id} by ${declared.declaredBy}: ${relation} names ${id}, which this host does not have`,
    hint: likely === undefined ? missing : `did you mean ${likely}?`,
    position: declared.position,
  })
  return undefined
}

function notUnderstood(declared: Declared, to: Declared, action: NotificationAction): Problem {
  const actions = to.resource.actions ?? []
  const isReload = action === 'reload' && to.resource.ownsUnit?.endsWith('.service') === true
  return {
    code: 'unknown-action',
    message: `${declared.resource.id} by ${declared.declaredBy}: ${to.resource.id} cannot be notified to ${action}`,
    hint: isAbsent(to)
      ? 'it is to be absent; remove the notification'
      : actions.length === 0
        ? `a ${to.resource.kind} cannot be notified; notify a unit or a command`
        : `it can be notified to ${actions.join(', ')}${isReload ? '; to reload, a service needs ExecReload' : ''}`,
    position: declared.position,
  }
}

function neverRuns(declared: Declared): Problem {
  return {
    code: 'never-runs',
    message: `${declared.resource.id} by ${declared.declaredBy} would never run: it has no guard and nothing notifies it`,
    hint: 'set creates, onlyIf or unless, or have another resource notify it with the action run',
    position: declared.position,
  }
}
