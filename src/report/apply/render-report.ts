import type { Change, Owed } from '../../model/plan.ts'
import type { ChangeResult, HostReport, Report, Said } from '../../model/report.ts'
import { assertNever } from '../../model/value.ts'
import { describeOperation } from '../plan/describe-operation.ts'
import { isRestart } from '../plan/summarise-plan.ts'
import { escapeLine } from '../text/escape-control.ts'
import { renderGroups } from '../text/group-hosts.ts'
import { errorDetails, errorHeadline, outputLabel } from '../text/render-error.ts'
import type { Style } from '../text/style.ts'
import { count } from '../text/words.ts'
import { renderReportSummary, summariseReport } from './summarise-report.ts'

/** What changes how a text view looks. */
export interface Look {
  readonly style: Style
  /** Shows more: unchanged hosts, every applied change, long hunks. */
  readonly verbose: boolean
}

/** The report as text: hosts with the same outcome together, then the summary line. */
export function renderReport(options: Look & { readonly report: Report }): string {
  const { report, style, verbose } = options
  const shown = report.hosts.filter(({ status }) => verbose || (status !== 'unchanged' && status !== 'held'))
  // What stands last is read first.
  const ordered = shown.toSorted((a, b) => Number('error' in a) - Number('error' in b))
  const remedies = [...new Set(shown.flatMap((host) => ('error' in host ? [host.error.remedy] : [])))]
  const [remedy] = remedies.length === 1 ? remedies : []
  const blocks = [
    ...renderGroups(ordered, (host) => renderHost(host, { style, verbose }, remedy), style),
    ...remedyLines(remedy),
  ]
  const summary = renderReportSummary(summariseReport(report), style)
  return `${[...blocks, ...(blocks.length > 0 ? [''] : []), summary].join('\n')}\n`
}

function remedyLines(remedy: string | undefined): readonly string[] {
  return remedy === undefined ? [] : [`remedy: ${escapeLine(remedy)}`]
}

/** The first line is shown next to the host's name. A remedy for all hosts is said once, below them. */
function renderHost(
  host: HostReport,
  { style, verbose }: Look,
  remedyForAll: string | undefined,
): readonly string[] {
  switch (host.status) {
    case 'unchanged':
      return ['unchanged']
    case 'held':
      return [`held after a rollback by ${escapeLine(host.held)}`]
    case 'changed':
      return [
        `${style.success('changed')}: ${countResults(host.results)}`,
        ...renderResults(host.results, verbose),
      ]
    case 'unsettled':
      return [
        `${style.warning('unsettled')}: ${countResults(host.results)}, but it still differs`,
        ...renderResults(host.results, verbose),
        ...renderChanges('still differs', host.remaining),
        ...renderSaid(host.said, verbose),
      ]
    case 'unreachable':
    case 'refused':
    case 'failed':
      return [
        errorHeadline(host.error, style),
        ...(host.failed === undefined ? [] : renderChanges('failed change', [host.failed])),
        ...errorDetails(host.error, style),
        ...(remedyForAll === undefined ? remedyLines(host.error.remedy) : []),
        ...(host.results.length === 0 ? [] : [`before it: ${countResults(host.results)}`]),
        ...renderResults(host.results, verbose),
        ...renderNotReached(host.notReached, verbose),
        ...renderOwed(host.pending),
      ]
    case 'left-running':
      return [
        `${style.warning('left running')}: ${countResults(host.results)} so far`,
        ...renderResults(host.results, verbose),
        `remedy: ${host.remedy}`,
      ]
    case 'not-started':
      return [
        `${style.warning('not started')}: ${escapeLine(host.reason)}`,
        ...renderSaid(host.said, verbose),
      ]
    default:
      return assertNever(host)
  }
}

function countResults(results: readonly ChangeResult[]): string {
  const applied = results.filter((result) => result.outcome === 'applied')
  const restarts = applied.filter((result) => isRestart(result.change.operation)).length
  const skipped = results.length - applied.length
  return [
    `${count(applied.length, 'change')} applied`,
    ...(restarts > 0 ? [count(restarts, 'restart')] : []),
    ...(skipped > 0 ? [`${skipped} skipped by a guard`] : []),
  ].join(', ')
}

function renderResults(results: readonly ChangeResult[], verbose: boolean): readonly string[] {
  if (!verbose) return []
  return results.map(({ change, outcome }) => `${outcome}: ${describeOperation(change.operation)}`)
}

function renderChanges(label: string, changes: readonly Change[]): readonly string[] {
  return changes.map(
    (change) => `${label}: ${describeOperation(change.operation)} (${escapeLine(change.resource)})`,
  )
}

function renderSaid(said: Said | undefined, verbose: boolean): readonly string[] {
  if (said === undefined) return []
  const lines = verbose ? said.output.trimEnd().split('\n') : [said.line]
  return lines.map((line) => `${outputLabel}${escapeLine(line)}`)
}

function renderNotReached(changes: readonly Change[], verbose: boolean): readonly string[] {
  if (verbose || changes.length === 0) return renderChanges('not reached', changes)
  return [
    `not reached: ${count(changes.length, 'change')}; --verbose lists ${changes.length === 1 ? 'it' : 'them'}`,
  ]
}

function renderOwed(pending: readonly Owed[]): readonly string[] {
  return pending.map(
    (owed) => `pending: ${owed.action} of ${escapeLine(owed.resource)}, kept for the next run`,
  )
}
