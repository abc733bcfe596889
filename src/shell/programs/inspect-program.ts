import type { Probe } from '../../model/facts.ts'
import type { HostLibrary } from '../library.ts'
import type { KnownMembers } from '../probes/known-members.ts'
import { commandLine, quote } from '../quote.ts'

/** The probes of one host, deduplicated and sorted by kind, in the order in which the program answers them. */
export interface Questions {
  readonly paths: ReadonlyMap<string, string | undefined>
  readonly units: readonly string[]
  readonly users: readonly string[]
  readonly groups: readonly string[]
  readonly packages: readonly string[]
  readonly checks: readonly string[]
  /** Whether the host remembers other members than these. */
  readonly members?: KnownMembers
}

/** Where a cluster's state is on a host. */
export interface StatePlace {
  readonly stateDir: string
  /** The cluster's name: its manifest and generations have a directory of their own. */
  readonly cluster: string
}

/** The first lines of each program that reads or writes state. */
export function placeSettings({ stateDir, cluster }: StatePlace): string {
  return `R=\${CONVERGE_ROOT-}
R=\${R%/}
STATE=$R${quote(stateDir)}
CLUSTER=$STATE/clusters/${quote(cluster)}`
}

/** How many paths one stat is asked for: far below any ARG_MAX, and short lists keep dash fast. */
export const pathsPerBatch = 100

export function collectQuestions(probes: readonly Probe[], members?: KnownMembers): Questions {
  const paths = new Map<string, string | undefined>()
  const named = {
    unit: new Set<string>(),
    user: new Set<string>(),
    group: new Set<string>(),
    package: new Set<string>(),
  }
  const checks = new Set<string>()
  for (const probe of probes) {
    switch (probe.probe) {
      case 'path':
        paths.set(probe.path, probe.sha256 ?? paths.get(probe.path))
        break
      case 'unit':
        named.unit.add(probe.unit)
        break
      case 'check':
        checks.add(probe.command)
        break
      default:
        named[probe.probe].add(probe.name)
    }
  }
  return {
    paths,
    units: [...named.unit],
    users: [...named.user],
    groups: [...named.group],
    packages: [...named.package],
    checks: [...checks],
    ...(members === undefined ? {} : { members }),
  }
}

/** The program that answers all questions in one exec; parse-inspect reads its output. It changes nothing. */
export function inspectProgram(questions: Questions, place: StatePlace, library: HostLibrary): string {
  return `{
${library.inspect}
${placeSettings(place)}
read_uid
read_init
say 'converge 1'
inspect_begins
inspect_platform
${[...pathLines(questions), ...namedLines(questions)].join('\n')}
MEMBERS_SUM=${questions.members?.sha256 ?? ''}
inspect_state
say end
} </dev/null
`
}

function pathLines({ paths }: Questions): string[] {
  const words = [...paths].map(([path, sum]) => `${quote(path)} ${sum === undefined ? '-' : quote(sum)}`)
  const lines: string[] = []
  for (let start = 0; start < words.length; start += pathsPerBatch) {
    lines.push(`inspect_paths ${words.slice(start, start + pathsPerBatch).join(' ')}`)
  }
  return lines
}

function namedLines({ units, users, groups, packages, checks }: Questions): string[] {
  const lines: string[] = []
  if (units.length > 0) lines.push(`inspect_units ${commandLine(units)}`)
  if (users.length + groups.length > 0) lines.push(`inspect_accounts ${commandLine(users)}`)
  if (packages.length > 0) lines.push(`inspect_packages ${commandLine(packages)}`)
  if (checks.length > 0) lines.push(`inspect_checks ${commandLine(checks)}`)
  return lines
}
