import type { Cluster, Host } from '../model/cluster.ts'
import type { Path } from '../model/path.ts'
import type { LoadedRecipe } from '../model/recipe.ts'
import type { ResourceKind } from '../model/resource.ts'
import { NO_VALUES } from '../model/value.ts'
import { nearestHint } from '../validation/nearest.ts'
import { createEvaluator, createTemplateCache } from './expressions/evaluate.ts'
import type { ExpressionError } from './expressions/expression.ts'
import { createNameChecker, createPlaceChecker } from './hosts/check-duplicates.ts'
import { checkInstances } from './hosts/check-instances.ts'
import { checkTransport } from './hosts/check-transport.ts'
import { createResourceDeclarer } from './hosts/declare-resources.ts'
import { expandRange } from './hosts/expand-range.ts'
import { createEntryResolver, knownEnvironment, membersOf } from './hosts/resolve-entry.ts'
import { createHostResolver } from './hosts/resolve-host.ts'
import { recipeUses, rolesOf } from './hosts/run-list.ts'
import { setLayer } from './layers/set-layer.ts'
import type { Problems } from './problems.ts'
import type { HostEntry, Resolution } from './resolution.ts'
import type { ClusterSpec } from './schema/cluster-schema.ts'
import type { EntryMember } from './what-if.ts'
import type { Document } from './yaml/document.ts'

export interface ResolveInput {
  readonly spec: ClusterSpec
  readonly document: Document
  readonly recipes: Readonly<Record<string, LoadedRecipe>>
  readonly kinds: Readonly<Record<string, ResourceKind>>
  readonly environment: string | undefined
  readonly set: readonly string[]
  readonly problems: Problems
  readonly root: string
  /** A host as it is to be resolved; undefined leaves it out. */
  alter?(host: EntryMember): EntryMember | undefined
}

/** Maximum number of hosts of one spec. */
const maxHosts = 100_000

/**
 * Resolves a valid spec. Mistakes go to `problems`, those of resources when they are declared; the cluster is complete
 * only if there are none.
 */
export function resolve(input: ResolveInput): Cluster {
  const { spec, document, problems } = input
  const resolution: Resolution = {
    spec,
    document,
    problems,
    recipes: input.recipes,
    kinds: input.kinds,
    environment: environmentOf(input),
    setLayer: setLayer(input.set, problems),
    cache: createTemplateCache(hostCount(spec)),
  }
  const entries = resolveEntries(resolution)
  checkUnusedRoles(entries, resolution)
  checkInstances(entries, resolution)
  return Object.freeze({
    name: spec.cluster,
    environment: resolution.environment,
    data: spec.data ?? NO_VALUES,
    file: document.file,
    root: input.root,
    hosts: resolveHosts(entries, resolution, input.alter),
    mistakes: () => problems.errors,
  })
}

function hostCount({ hosts }: ClusterSpec): number {
  return Object.keys(hosts).reduce((sum, key) => {
    const expansion = expandRange(key)
    return sum + (expansion.ok ? expansion.count : 0)
  }, 0)
}

function environmentOf({ environment, spec, document, problems }: ResolveInput): string | undefined {
  if (environment !== undefined) return knownEnvironment(environment, [], undefined, { spec, problems })
  if (spec.environment === undefined || spec.environment === null) return undefined
  const position = document.locate(['environment'], 'value')
  return knownEnvironment(spec.environment, ['environment'], position, { spec, problems })
}

function resolveEntries(resolution: Resolution): readonly HostEntry[] {
  const { spec, document, problems } = resolution
  const resolveEntry = createEntryResolver(resolution)
  let total = 0
  return Object.entries(spec.hosts).flatMap(([key, host]) => {
    const { count, members } = membersOf(key, resolution)
    total += count
    if (total <= maxHosts) return [resolveEntry(key, host ?? {}, members)]
    const message = `with ${key} the spec declares more than ${maxHosts} hosts`
    const position = document.locate(['hosts', key], 'key')
    problems.error({ code: 'too-many-hosts', path: ['hosts', key], message, position })
    return []
  })
}

function resolveHosts(
  entries: readonly HostEntry[],
  resolution: Resolution,
  alter: ResolveInput['alter'] = (host) => host,
): readonly Host[] {
  const { problems } = resolution
  const resolveHost = createHostResolver(resolution)
  const isNew = createNameChecker(resolution)
  const checkPlace = createPlaceChecker(resolution)
  const hosts: Host[] = []
  const names: string[] = []
  for (const entry of entries) {
    warnIfIdle(entry, resolution)
    checkTransport(entry, resolution)
    const own: Host[] = []
    let isWhole = true
    for (const member of entry.members) {
      problems.concern(member.name)
      const altered = alter({ entry, member })
      names.push((altered?.member ?? member).name)
      if (altered === undefined) continue
      const host = isNew(entry, member.name) ? resolveHost(altered.entry, altered.member) : undefined
      if (host === undefined) isWhole = false
      else own.push(host)
    }
    // Two hosts are rarely one machine because of themselves if others of their range are wrong.
    if (isWhole) for (const host of own) checkPlace(entry, host)
    hosts.push(...own)
  }
  problems.concern(undefined)
  checkInventory(names, resolution)
  return Object.freeze(hosts)
}

/** Reports entries of the inventory that no host is declared for. */
function checkInventory(names: readonly string[], { spec, document, problems }: Resolution): void {
  const known = new Set(names)
  for (const name of Object.keys(spec.inventory ?? {})) {
    if (known.has(name)) continue
    const path = ['inventory', name]
    const position = document.locate(path, 'key')
    const hint = nearestHint(name, names.slice(0, 20), 'declare it under hosts')
    problems.error({
      code: 'unknown-host',
      path,
      message: `the spec declares no host ${name}`,
      hint,
      position,
    })
  }
}

function warnIfIdle({ key, path, runList, sections }: HostEntry, { document, problems }: Resolution): void {
  const resources = sections.some(({ spec }) => spec?.resources?.length)
  if (runList.length > 0 || resources) return
  const message = `${key} has neither recipes nor resources`
  problems.warning({ code: 'empty-run-list', path, message, position: document.locate(path, 'key') })
}

/** Checks the recipes and resources of unused roles; others were checked with their hosts. */
function checkUnusedRoles(entries: readonly HostEntry[], resolution: Resolution): void {
  const { spec, document, problems, cache } = resolution
  const used = new Set(entries.flatMap(({ roles }) => roles))
  const declareResources = createResourceDeclarer(resolution)
  for (const [role, roleSpec] of Object.entries(spec.roles ?? {})) {
    if (used.has(role)) continue
    const path = ['roles', role]
    const layer = `role ${role}`
    rolesOf(roleSpec, path, resolution)
    recipeUses(roleSpec, path, layer, resolution)
    // Without a host its paths lead nowhere.
    const report = (at: Path, { message, hint, within, at: offset }: ExpressionError) => {
      if (message.startsWith('unknown path')) return
      const position = document.locate(at, within === undefined ? 'value' : { within, at: offset })
      problems.error({ code: 'invalid-expression', path: at, message, hint, position })
    }
    const evaluator = createEvaluator({ scope: NO_VALUES, report, cache })
    declareResources({ spec: roleSpec, path, layer }, { evaluator, locate: () => undefined })
  }
}
