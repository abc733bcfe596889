import type { Host } from '../../model/cluster.ts'
import { ConvergeError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { Content, Operation } from '../../model/operation.ts'
import type { OperationOutline } from '../../model/operation-outline.ts'
import type { Change, HostPlan, Plan } from '../../model/plan.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import type { SealedCatalog, SealedChange, SealedHost, SealedPlan } from '../../model/sealed-plan.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'
import { contentOf } from '../../operations/index.ts'
import { desiredDigest } from '../../record/digest.ts'
import { sealCatalog } from './sealed-plan.ts'

/** A change in the spec since the plan was sealed. */
interface Difference {
  /** Empty if it concerns the whole plan. */
  readonly host: string
  readonly message: string
}

export type Unsealed = { readonly plan: Plan } | { readonly differences: readonly Difference[] }

/** The plan with the contents of the current spec, or the differences of that spec. */
export function unsealPlan(sealed: SealedPlan, catalog: Catalog, hosts: readonly Host[]): Unsealed {
  if (sealed.cluster !== catalog.cluster) {
    const message = `the plan is for the cluster ${sealed.cluster}, the spec for ${catalog.cluster}`
    return { differences: [{ host: '', message }] }
  }
  const catalogs = new Map(catalog.hosts.map((own) => [own.host, own]))
  const named = new Map(hosts.map((host) => [host.name, host]))
  const differences: Difference[] = []
  const plans = sealed.hosts.flatMap((host): readonly HostPlan[] => {
    if (host.status === 'failed') return [unsealFailure(host)]
    const messages = compareHost(host.catalog, catalogs.get(host.host), named.get(host.host))
    const own = catalogs.get(host.host)
    const { catalog: _, ...rest } = host
    if (rest.status === 'held') {
      for (const message of messages) differences.push({ host: host.host, message })
      return [rest]
    }
    const contents = contentsOf(own)
    const changes = rest.changes.map((change) => unsealChange(change, contents, own))
    const missing = changes.filter((change) => typeof change === 'string')
    // If the spec differs anyway, missing contents add nothing.
    for (const message of messages.length > 0 ? messages : missing)
      differences.push({ host: host.host, message })
    return [{ ...rest, changes: changes.filter((change) => typeof change !== 'string') }]
  })
  if (differences.length > 0) return { differences }
  const { cluster, intent, waves, addresses, departed, consents } = sealed
  return { plan: { cluster, intent, hosts: plans, waves, departed, consents, ...given({ addresses }) } }
}

function unsealFailure({ host, error }: Extract<SealedHost, { status: 'failed' }>): HostPlan {
  const { code, message, step, remedy } = error
  return {
    host,
    status: 'failed',
    error: new ConvergeError(code, message, { host, step, ...given({ remedy }) }),
  }
}

function compareHost(
  then: SealedCatalog,
  catalog: HostCatalog | undefined,
  host: Host | undefined,
): readonly string[] {
  if (catalog === undefined || host === undefined) return ['the host is no longer in the spec']
  const now = sealCatalog(catalog, host)
  const isSamePlatform = desiredDigest({ ...now.platform }) === desiredDigest({ ...then.platform })
  const place = [
    ...(now.place === then.place ? [] : [`it is at ${now.place} now, and was at ${then.place}`]),
    ...(isSamePlatform ? [] : ['its declared platform has changed']),
  ]
  if (now.digest === then.digest) return place
  const ids = new Set([...Object.keys(then.resources), ...Object.keys(now.resources)])
  const resources = [...ids].flatMap((id): readonly string[] => {
    const [before, after] = [then.resources[id], now.resources[id]]
    if (before === after) return []
    if (before === undefined) return [`${id} is new in the spec`]
    return [after === undefined ? `${id} is no longer in the spec` : `${id} has changed in the spec`]
  })
  return [...place, ...(resources.length > 0 ? resources : ['its resources are in another order'])]
}

/** All contents in the spec of a host, by checksum. */
function contentsOf(catalog: HostCatalog | undefined): ReadonlyMap<string, Content> {
  const contents = new Map<string, Content>()
  for (const { resource } of catalog?.entries ?? []) {
    for (const { operation } of resource.steps(supposedFacts(resource.probes, 'inactive'))) {
      const content = contentOf(operation)
      if (content !== undefined) contents.set(content.sha256, content)
    }
  }
  return contents
}

/** The change with its content, or why there is none. */
function unsealChange(
  change: SealedChange,
  contents: ReadonlyMap<string, Content>,
  catalog: HostCatalog | undefined,
): Change | string {
  const { operation } = change
  if (operation.op === 'run') return { ...change, operation: withEnvironment(operation, change, catalog) }
  if (operation.op === 'etcd-user') return { ...change, operation: withPassword(operation, change, catalog) }
  if (operation.op === 'etcd-key') {
    const content = contents.get(operation.sha256)
    return content === undefined && operation.kept === undefined
      ? `the value of ${operation.key} can no longer be made from the spec`
      : { ...change, operation: { ...operation, ...given({ content }) } }
  }
  if (operation.op !== 'write' && operation.op !== 'edit') return { ...change, operation }
  const { content: outline } = operation
  if (operation.op === 'edit' && outline === undefined)
    return { ...change, operation: withoutContent(operation) }
  const content = outline && contents.get(outline.sha256)
  if (content === undefined) return `the content of ${operation.path} can no longer be made from the spec`
  return { ...change, operation: { ...operation, content } }
}

function withoutContent({ content: _, ...operation }: Extract<OperationOutline, { op: 'edit' }>): Operation {
  return operation
}

/** Restores the password, which the digests cover. */
function withPassword(
  { password: isSet, ...operation }: Extract<OperationOutline, { op: 'etcd-user' }>,
  { resource: id }: SealedChange,
  catalog: HostCatalog | undefined,
): Operation {
  const resource = catalog?.entries.find((entry) => entry.resource.id === id)?.resource
  if (isSet === undefined || resource === undefined) return operation
  const [made] = resource
    .steps(supposedFacts(resource.probes, 'inactive'))
    .flatMap((step) => (step.operation.op === 'etcd-user' ? [step.operation] : []))
  return { ...operation, ...given({ password: made?.password }) }
}

/** Restores the environment, which the digests cover. */
function withEnvironment(
  operation: Extract<OperationOutline, { op: 'run' }>,
  { resource: id }: SealedChange,
  catalog: HostCatalog | undefined,
): Extract<Operation, { op: 'run' }> {
  const resource = catalog?.entries.find((entry) => entry.resource.id === id)?.resource
  if (resource === undefined) return operation
  const supposed = supposedFacts(resource.probes, 'inactive')
  for (const step of [...resource.steps(supposed), ...resource.steps(supposed, { action: 'run' })])
    if (step.operation.op === 'run' && step.operation.command === operation.command) return step.operation
  return operation
}
