import type { Answers } from '../model/facts.ts'
import type { Found, Made } from '../model/manifest.ts'
import type { Before } from '../operations/operation-rules.ts'

/**
 * The units that a resource probes, and the accounts or packages of its own kind, as first found; undefined if it probes
 * none. What it only needs, such as the groups of a user, may come earlier in the same run.
 */
export function findAtFirst(
  { resource, probes }: Pick<Made, 'resource' | 'probes'>,
  facts: Answers,
): Found | undefined {
  const units = probes.flatMap((probe): [string, Found['units'][string]][] => {
    const { active, file } = (probe.probe === 'unit' && facts.units[probe.unit]) || {}
    return probe.probe === 'unit' && active !== undefined && file !== undefined
      ? [[probe.unit, { active, file }]]
      : []
  })
  const named = probes.flatMap((probe) =>
    'name' in probe && resource.startsWith(`${probe.probe}[`) ? [probe] : [],
  )
  const absent = named.flatMap(({ probe, name }) =>
    facts[`${probe}s`][name] === null ? [`${probe} ${name}`] : [],
  )
  const held = named.flatMap(({ probe, name }) =>
    probe === 'package' && facts.packages[name]?.held ? [name] : [],
  )
  if (units.length === 0 && named.length === 0) return undefined
  return { units: Object.fromEntries(units), absent, ...(held.length > 0 && { held }) }
}

/** The state before converge, except for paths, which are as they are now. */
export function beforeConverge({ units, absent, held = [] }: Found, { paths }: Answers): Before {
  const missing = (kind: string): Readonly<Record<string, null>> =>
    Object.fromEntries(
      absent.flatMap((one) => (one.startsWith(`${kind} `) ? [[one.slice(kind.length + 1), null]] : [])),
    )
  const packages = Object.fromEntries(held.map((name) => [name, { version: 'unknown', held: true } as const]))
  return {
    paths,
    units,
    users: missing('user'),
    groups: missing('group'),
    packages: { ...missing('package'), ...packages },
  }
}
