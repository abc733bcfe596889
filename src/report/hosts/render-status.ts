import { closed, type Data } from '../../model/schema.ts'
import { assertNever } from '../../model/value.ts'
import type { Look } from '../apply/render-report.ts'
import { counts } from '../json/schema.ts'
import { escapeLine } from '../text/escape-control.ts'
import { countReaches, reachCounts, renderReaches } from '../text/reaches.ts'
import { causes } from '../text/render-error.ts'
import type { Style } from '../text/style.ts'
import { commaList, count } from '../text/words.ts'
import type { HostStatus } from './host-status.ts'
import { failureWords } from './render-history.ts'

/** One line per host, then the summary line. With `verbose` also what drifted, what is pending, and remedies. */
export function renderStatus({
  hosts,
  style,
  verbose,
}: Look & { readonly hosts: readonly HostStatus[] }): string {
  const width = Math.max(0, ...hosts.map(({ host }) => escapeLine(host).length))
  const lines = hosts.flatMap((host) => [
    `${style.heading(escapeLine(host.host).padEnd(width))}  ${inWords(host, style)}`,
    ...(verbose ? details(host).map((line) => `${' '.repeat(width + 4)}${line}`) : []),
  ])
  return `${[...lines, '', summary(hosts, style)].join('\n')}\n`
}

function inWords(host: HostStatus, style: Style): string {
  switch (host.status) {
    case 'reachable': {
      const { generation, failed, held, drifted, pending, failedUnits } = host
      return commaList([
        generation === undefined ? 'never applied' : `generation ${generation}`,
        failed !== undefined && style.error(escapeLine(`last apply ${failureWords(failed)}`)),
        held !== undefined && style.warning(`held after a rollback by ${escapeLine(held)}`),
        drifted.length > 0 && style.warning(`${count(drifted.length, 'resource')} drifted`),
        pending.length > 0 && style.warning(count(pending.length, 'pending notification')),
        failedUnits.length > 0 && style.error(escapeLine(`failed: ${failedUnits.join(' ')}`)),
      ])
    }
    case 'applying':
      return style.warning(escapeLine(host.error.message))
    case 'unreachable':
    case 'refused':
    case 'failed':
      return style.error(escapeLine(`${host.status} at ${host.error.step}: ${host.error.message}`))
    default:
      return assertNever(host)
  }
}

function details(host: HostStatus): readonly string[] {
  const lines =
    host.status === 'reachable'
      ? [
          ...host.drifted.map((resource) => `drifted: ${resource}`),
          ...host.pending.map(({ action, resource }) => `pending: ${action} of ${resource}`),
        ]
      : [
          ...causes(host.error).map((cause) => `cause: ${cause}`),
          ...(host.error.remedy === undefined ? [] : [`remedy: ${host.error.remedy}`]),
        ]
  return lines.map(escapeLine)
}

/** `4 hosts: 3 reachable, 1 unreachable; 1 held, 1 drifted` */
function summary(hosts: readonly HostStatus[], style: Style): string {
  const counts = summariseStatus(hosts)
  const reach = [counts.reachable > 0 && `${counts.reachable} reachable`, ...renderReaches(counts, style)]
  const concerns = [
    counts.failedApplies > 0 && style.error(`${counts.failedApplies} with a failed apply`),
    counts.applying > 0 && `${counts.applying} applying`,
    counts.held > 0 && `${counts.held} held`,
    counts.drifted > 0 && style.warning(`${counts.drifted} drifted`),
    counts.pending > 0 && style.warning(`${counts.pending} with pending notifications`),
    counts.failedUnits > 0 && style.error(`${counts.failedUnits} with failed units`),
  ]
  const rest = commaList(concerns)
  return `${count(counts.hosts, 'host')}: ${commaList(reach)}${rest === '' ? '' : `; ${rest}`}`
}

export const StatusSummary = closed(
  'Counts of hosts.',
  counts({
    hosts: 'All.',
    reachable: 'Those that answered.',
    ...reachCounts,
    failedApplies: 'Those whose last apply failed and that still differ from the spec.',
    applying: 'Those on which another apply runs.',
    held: 'Those that a rollback holds.',
    drifted: 'Those that were changed by hand.',
    pending: 'Those with pending notifications.',
    failedUnits: 'Those with failed units.',
  }),
)

/** Counts hosts; one that is applying is reachable, too. */
export function summariseStatus(hosts: readonly HostStatus[]): Data<typeof StatusSummary> {
  const number = (matches: (host: HostStatus) => boolean) => hosts.filter(matches).length
  return {
    hosts: hosts.length,
    reachable: number(({ status }) => status === 'reachable' || status === 'applying'),
    ...countReaches(
      hosts.flatMap((host) =>
        host.status === 'reachable' || host.status === 'applying' ? [] : [host.error],
      ),
    ),
    failedApplies: number((host) => host.status === 'reachable' && host.failed !== undefined),
    applying: number(({ status }) => status === 'applying'),
    held: number((host) => host.status === 'reachable' && host.held !== undefined),
    drifted: number((host) => host.status === 'reachable' && host.drifted.length > 0),
    pending: number((host) => host.status === 'reachable' && host.pending.length > 0),
    failedUnits: number((host) => host.status === 'reachable' && host.failedUnits.length > 0),
  }
}
