import type { HostPlan } from '../../model/plan.ts'
import type { Catalog } from '../../model/resource.ts'
import { type Selectable, selectable, selectsOf, wordsOf } from '../../plan/host/only.ts'
import { leftBehind } from '../../plan/undo/prune.ts'
import { nearest, nearestHint } from '../../validation/nearest.ts'
import { usageError } from '../cli/usage-error.ts'

/** The patterns of `--only`: separated by commas, given several times, or both. Throws a SpecError. */
export function readOnly(values: readonly string[] | undefined): readonly string[] | undefined {
  if (values === undefined) return undefined
  // A comma within the brackets of an identity belongs to it.
  const patterns = values.flatMap((value) => value.match(/(?:[^,[]|\[.*?\](?=\s*(?:,|$))|\[)+/gs) ?? [])
  const only = patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== '')
  if (only.length === 0) throw usageError('--only selects nothing', `such as ${examples}`)
  for (const pattern of only) {
    if (/^((recipe|role):.+|[^[\]:\s]+\[.+\])$/s.test(pattern)) continue
    throw usageError(`--only does not know what "${pattern}" is`, `such as ${exampleFor(pattern)}`)
  }
  return only
}

const examples = "'file[/etc/nginx/*]', 'unit[nginx.service]', recipe:nginx or role:web"

function exampleFor(pattern: string): string {
  if (pattern.startsWith('/')) return `'file[${pattern}]'`
  if (/^[\w@:.-]+\.(service|socket|timer|mount|path|target)$/.test(pattern)) return `'unit[${pattern}]'`
  return /^[\w-]+$/.test(pattern) ? `recipe:${pattern}, role:${pattern} or 'file[*]'` : examples
}

/** Recipes and roles are known without any host. Throws a SpecError for one that made nothing on these hosts. */
export function requireMakers(only: readonly string[] | undefined, { hosts }: Catalog): void {
  const patterns = (only ?? []).filter((pattern) => !pattern.includes('['))
  if (patterns.length > 0)
    requireAll(
      patterns,
      hosts.flatMap(({ entries }) => entries.map(selectable)),
    )
}

/** Throws a SpecError for a pattern that nothing in the spec of these hosts matches, and nothing to be pruned on them. */
export function requireMatches(
  only: readonly string[] | undefined,
  { hosts }: Catalog,
  plans: readonly HostPlan[],
): void {
  if (only === undefined) return
  const planned = new Map(plans.map((plan) => [plan.host, plan]))
  const found = hosts.flatMap((catalog): readonly Selectable[] => {
    const plan = planned.get(catalog.host)
    if (plan === undefined) return []
    const left = 'facts' in plan ? leftBehind(catalog, plan.facts) : []
    return [...catalog.entries.map(selectable), ...left.map(({ resource }) => ({ id: resource }))]
  })
  requireAll(only, found)
}

function requireAll(only: readonly string[], resources: readonly Selectable[]): void {
  for (const pattern of only) {
    const selects = selectsOf([pattern])
    if (resources.some(selects)) continue
    throw usageError(`--only ${pattern} matches nothing on these hosts`, hintFor(pattern, resources))
  }
}

function hintFor(pattern: string, resources: readonly Selectable[]): string {
  const known = [...new Set(resources.flatMap(wordsOf))]
  const prefix = /^(recipe|role):/.exec(pattern)?.[0]
  if (prefix !== undefined) {
    const likes = known.filter((word) => word.startsWith(prefix))
    return nearestHint(pattern, likes, `no resource of these hosts is from a ${prefix.slice(0, -1)}`)
  }
  const folders = known.flatMap((word) => word.replace(/\/[^/]*\]$/, '/*]'))
  const meant = nearest(pattern, [...known, ...folders])
  return meant === undefined ? '`converge explain HOST` lists what a host has' : `did you mean '${meant}'?`
}
