import type { Problem } from '../model/diagnostic.ts'
import type { NotificationAction, Relations, ResourceRef, Timing } from '../model/relations.ts'
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

/** What a relation is of, or leads to: a resource, or a composite with all its parts. */
interface End {
  readonly id: ResourceId
  readonly parts: readonly [Declared, ...Declared[]]
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
  /** The relations of a resource, or those of a composite, which are those of all its parts. */
  const relate = (self: End, relations: Relations) => {
    const find = (ref: ResourceRef, relation: string) => resolve(ref, relation, self, owned, report)
    const first = (source: End, because: string) => {
      for (const { resource } of self.parts)
        after.get(resource.id)?.push(...source.parts.map((part) => ({ to: part.resource.id, because })))
    }
    const notify = (from: End, to: End, action: NotificationAction, timing: Timing) => {
      const target = to.parts.findLast(({ resource }) => resource.actions?.includes(action))
      if (target === undefined) return report(notUnderstood(self, to, action))
      const { id } = target.resource
      notified.add(id)
      for (const { resource } of from.parts) put(notifies, resource.id, { resource: id, action, timing })
    }
    for (const ref of relations.after ?? []) {
      const target = find(ref, 'after')
      if (target !== undefined) first(target, 'after')
    }
    for (const [relation, action] of [
      ['restartOn', 'restart'],
      ['reloadOn', 'reload'],
    ] as const) {
      for (const ref of relations[relation] ?? []) {
        const source = find(ref, relation)
        if (source === undefined) continue
        first(source, relation)
        notify(source, self, action, 'delayed')
      }
    }
    for (const { resource: ref, action, timing = 'delayed' } of relations.notifies ?? []) {
      const target = find(ref, 'notifies')
      if (target !== undefined) notify(self, target, action, timing)
    }
  }
  for (const id of owned.byId.keys()) after.set(id, [])
  for (const { composite, parts } of owned.composites.values())
    relate({ id: composite.id, parts }, composite.relations)
  for (const declared of owned.byId.values()) {
    const { resource } = declared
    const { id } = resource
    const edges = after.get(id) ?? []
    relate({ id, parts: [declared] }, resource.relations)
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
  { id: from, parts: [declared] }: End,
  { byId, composites }: Ownership,
  report: (problem: Problem) => void,
): End | undefined {
  const id = typeof ref === 'string' ? ref : ref.id
  const found = byId.get(id)
  if (found !== undefined) return { id, parts: [found] }
  const whole = composites.get(id)
  if (whole !== undefined) return { id, parts: whole.parts }
  const spelled = identityElsewhere(id)
  const keys = [...byId.keys(), ...composites.keys()]
  const likely = keys.find((other) => other === spelled) ?? nearest(id, keys)
  const missing =
    typeof ref === 'string'
      ? 'declare it for the same host, in a recipe or below `resources:`'
      : 'also return it from the recipe'
  report({
    code: 'unknown-resource',
    message: `${from} by ${declared.declaredBy}: ${relation} names ${id}, which this host does not have`,
    hint: likely === undefined ? missing : `did you mean ${likely}?`,
    position: declared.position,
  })
  return undefined
}

function notUnderstood({ id, parts: [declared] }: End, to: End, action: NotificationAction): Problem {
  const actions = [...new Set(to.parts.flatMap(({ resource }) => resource.actions ?? []))]
  const isReload =
    action === 'reload' && to.parts.some(({ resource }) => resource.ownsUnit?.endsWith('.service'))
  return {
    code: 'unknown-action',
    message: `${id} by ${declared.declaredBy}: ${to.id} cannot be notified to ${action}`,
    hint: to.parts.every(isAbsent)
      ? 'it is to be absent; remove the notification'
      : actions.length === 0
        ? `a ${to.id.slice(0, to.id.indexOf('['))} cannot be notified; notify a unit or a command`
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
