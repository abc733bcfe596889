import type { Host } from '../../model/cluster.ts'
import type { ObjectFact } from '../../model/cluster-object.ts'
import type { ConvergeError } from '../../model/errors.ts'
import type { Facts, PathFact } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { outlineOf } from '../../model/operation-outline.ts'
import type { Change, Plan } from '../../model/plan.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import type {
  PlanSource,
  SealedCatalog,
  SealedChange,
  SealedHost,
  SealedPlan,
} from '../../model/sealed-plan.ts'
import { placeOf } from '../../model/targets/index.ts'
import type { Value } from '../../model/value.ts'
import { catalogDigest, desiredDigest, sha256Of } from '../../record/digest.ts'
import type { PlanKey } from './concealed-digests.ts'

const kind = 'converge-sealed-plan'
// 4: concealed digests, consents with what they are about. 3: values of --set. 2: groups by name, and what a guarded start absorbs.
const formatVersion = 4

/** What conceals digests, and on which hosts. */
export interface Concealed {
  readonly key: PlanKey
  readonly hosts: readonly string[]
}

export function sealPlan(
  plan: Plan,
  catalog: Catalog,
  hosts: readonly Host[],
  source: PlanSource,
  concealed: Concealed | undefined,
): SealedPlan {
  const catalogs = new Map(catalog.hosts.map((own) => [own.host, own]))
  const named = new Map(hosts.map((host) => [host.name, host]))
  const open = {
    kind,
    formatVersion,
    source,
    ...plan,
    hosts: plan.hosts
      .map((host): SealedHost => {
        if (host.status === 'failed') return { ...host, error: sealError(host.error) }
        const sealed = {
          facts: withoutContents(host.facts),
          catalog: sealCatalog(catalogs.get(host.host), named.get(host.host)),
        }
        if (host.status === 'held') return { ...host, ...sealed }
        return { ...host, ...sealed, changes: host.changes.map(sealChange) }
      })
      .map((host) => (concealed?.hosts.includes(host.host) ? concealed.key.conceal(host) : host)),
    ...given({ concealed: concealed && { key: concealed.key.id, hosts: concealed.hosts } }),
  } as const
  return { ...open, digest: digestOf(open) }
}

/** Whether a value from a file is an unchanged sealed plan. */
export function isSealedPlan(value: unknown): value is SealedPlan {
  if (typeof value !== 'object' || value === null) return false
  if (!('kind' in value) || !('formatVersion' in value) || !('digest' in value)) return false
  const { digest, ...open } = value
  // The digest implies the right types.
  return value.kind === kind && value.formatVersion === formatVersion && digest === digestOf(open)
}

/** The plan with its digests revealed. */
export function revealPlan(sealed: SealedPlan, key: PlanKey): SealedPlan {
  const { hosts = [] } = sealed.concealed ?? {}
  return {
    ...sealed,
    hosts: sealed.hosts.map((host) => (hosts.includes(host.host) ? key.reveal(host) : host)),
  }
}

/** Why a value is not an unchanged sealed plan. */
export function whyNotSealed(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== kind)
    return 'is not a sealed plan'
  if (!('formatVersion' in value) || value.formatVersion !== formatVersion)
    return 'was sealed by another version of converge'
  return 'was changed after it was sealed'
}

/** Digests of a host's spec, to be compared later. */
export function sealCatalog(catalog: HostCatalog | undefined, host: Host | undefined): SealedCatalog {
  if (catalog === undefined || host === undefined)
    throw new RangeError('a plan has a host that the spec has not')
  return {
    place: placeOf(host.target)?.words ?? host.name,
    platform: host.platform,
    digest: catalogDigest(catalog),
    resources: Object.fromEntries(
      catalog.entries.map(({ resource: { id, desired }, notifies }) => [
        id,
        sha256Of(`${desiredDigest(desired)} ${JSON.stringify(notifies)}`),
      ]),
    ),
  }
}

function digestOf(open: object): string {
  const value: Value = JSON.parse(JSON.stringify(open))
  return desiredDigest(value)
}

function sealError({ code, step, message, remedy }: ConvergeError) {
  return { code, step, message, ...given({ remedy }) }
}

function sealChange(change: Change): SealedChange {
  const { operation } = change
  const expects = change.expects.map(({ path, state }) => ({ path, state: withoutContent(state) }))
  const sealed = { ...change, operation: outlineOf(operation), expects }
  if ((operation.op !== 'write' && operation.op !== 'edit') || operation.sensitive !== true) return sealed
  if (change.diff !== undefined && 'masked' in change.diff) return sealed
  return { ...sealed, diff: { path: operation.path, omitted: 'sensitive' } }
}

/** Contents may be secret, and checksums suffice. */
function withoutContents(facts: Facts): Facts {
  const paths = Object.entries(facts.paths).map(([path, fact]) => [path, withoutContent(fact)])
  const objects = Object.entries(facts.objects).map(([name, fact]) => [name, withoutValue(fact)])
  return { ...facts, paths: Object.fromEntries(paths), objects: Object.fromEntries(objects) }
}

function withoutValue(fact: ObjectFact | null): ObjectFact | null {
  if (fact?.type !== 'key') return fact
  const { content: _, ...rest } = fact
  return rest
}

function withoutContent(fact: PathFact): PathFact {
  if (fact.type !== 'file') return fact
  const { content: _, ...rest } = fact
  return rest
}
