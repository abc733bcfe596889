import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Operation, OperationTypes } from '../../model/operation.ts'
import type { Change } from '../../model/plan.ts'
import type { HostCatalog, ResourceId } from '../../model/resource.ts'
import { guardOf, isGuard } from './guard.ts'

/** Throws a ResourceConflict for an account that is missing, or that the host's tools would refuse to change, when its turn comes. */
export function refuseImpossibleAccounts(changes: readonly Change[], facts: Facts): void {
  const gids = idsByName(facts.groups, ({ gid }) => gid)
  const uids = idsByName(facts.users, ({ uid }) => uid)
  // Packages and commands may create groups, and a unit that stops ends its processes.
  let mayCreate = false
  let mayEnd = false
  const created = new Set<string>()
  for (const { resource, operation, guard } of changes) {
    // A guard that is asked later may let it be.
    if (!mayCreate && guard === undefined) refuseMissing(operation, created, facts, resource)
    for (const account of createdBy(operation)) created.add(account)
    switch (operation.op) {
      case 'package':
      case 'run':
        mayCreate = true
        break
      case 'unit':
        mayEnd ||= operation.action === 'stop'
        break
      case 'group':
        take(gids, operation.name, operation.gid, resource, ['gid', 'group'])
        break
      case 'user': {
        take(uids, operation.name, operation.uid, resource, ['uid', 'user'])
        const missing = groupsOf(operation).find((name) => facts.groups[name] === null && !gids.has(name))
        if (missing !== undefined && !mayCreate)
          throw new ResourceConflict(
            resource,
            `there is no group ${missing}`,
            `declare group[${missing}], or take it out of ${resource}`,
          )
        if (!mayEnd) refuseBusy(operation, facts, resource)
        break
      }
      case 'remove-user':
        if (!mayEnd) refuseBusy(operation, facts, resource)
        uids.delete(operation.name)
        break
      case 'remove-group':
        gids.delete(operation.name)
        break
    }
  }
}

function createdBy(operation: Operation): readonly string[] {
  if (operation.op !== 'user' && operation.op !== 'group') return []
  const { op, name } = operation
  // A user without a declared group gets one of its own name.
  const group = op === 'user' && operation.group === undefined ? [`group ${name}`] : []
  return [`${op} ${name}`, ...group]
}

function refuseMissing(
  operation: Operation,
  created: ReadonlySet<string>,
  { accounts, platform }: Facts,
  resource: ResourceId,
): void {
  const runsAs = operation.op === 'run' && operation.user !== undefined ? [`user ${operation.user}`] : []
  const canOwn = !platform.rooted || platform.uid === 0
  const owners = 'owner' in operation && canOwn ? [`user ${operation.owner}`, `group ${operation.group}`] : []
  const missing = [...runsAs, ...owners].find((one) => accounts[one] === false && !created.has(one))
  if (missing === undefined) return
  const kind = missing.slice(0, missing.indexOf(' '))
  throw new ResourceConflict(
    resource,
    `there is no ${missing} on the host`,
    `declare it or what brings it, or choose another ${kind}`,
  )
}

function idsByName<Fact extends { readonly name?: string }>(
  facts: Readonly<Record<string, Fact | null>>,
  idOf: (fact: Fact) => number,
): Map<string, number | undefined> {
  return new Map(
    Object.entries(facts).flatMap(([name, fact]) => (fact === null ? [] : [[fact.name ?? name, idOf(fact)]])),
  )
}

/** Gives an account its number; one without a declared number gets one that is free. */
function take(
  ids: Map<string, number | undefined>,
  name: string,
  id: number | undefined,
  resource: ResourceId,
  [what, kind]: readonly [string, string],
): void {
  const holder = [...ids].find(([other, held]) => id !== undefined && held === id && other !== name)?.[0]
  if (holder !== undefined)
    throw new ResourceConflict(
      resource,
      `${what} ${id} belongs to the ${kind} ${holder}`,
      `choose another ${what}, or change that of ${holder} first`,
    )
  ids.set(name, id ?? ids.get(name))
}

function groupsOf({ group, groups = [] }: OperationTypes['user']): readonly string[] {
  return [...(group === undefined ? [] : [group]), ...groups]
}

function refuseBusy({ name }: { readonly name: string }, { users }: Facts, resource: ResourceId): void {
  const pid = users[name]?.busyPid
  if (pid === undefined) return
  throw new ResourceConflict(
    resource,
    `${name} cannot be changed while process ${pid} runs as this user`,
    'stop what runs as this user, then run converge again',
  )
}

/** The host as it will be once accounts have other numbers: what they own belongs to the old numbers, which have no names. */
export function withNewIds({ entries }: HostCatalog, facts: Facts): Facts {
  const users = new Set<string>()
  const groups = new Set<string>()
  for (const { resource } of entries) {
    if ((resource.kind !== 'user' && resource.kind !== 'group') || isGuard(guardOf(resource))) continue
    for (const { operation } of resource.steps(facts)) {
      if (operation.op === 'user' && isOther(operation.uid, facts.users[operation.name]?.uid))
        users.add(operation.name)
      if (operation.op === 'group' && isOther(operation.gid, facts.groups[operation.name]?.gid))
        groups.add(operation.name)
    }
  }
  if (users.size + groups.size === 0) return facts
  const paths = Object.entries(facts.paths).map(([path, fact]) => {
    if (fact.type === 'absent') return [path, fact]
    const owner = users.has(fact.owner) ? 'UNKNOWN' : fact.owner
    const group = groups.has(fact.group) ? 'UNKNOWN' : fact.group
    return [path, { ...fact, owner, group }]
  })
  return { ...facts, paths: Object.fromEntries(paths) }
}

function isOther(wanted: number | undefined, found: number | undefined): boolean {
  return wanted !== undefined && found !== undefined && wanted !== found
}
