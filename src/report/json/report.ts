import { Type } from 'typebox'
import { given } from '../../model/given.ts'
import { Only, type Plan } from '../../model/plan.ts'
import type { HostReport, Report } from '../../model/report.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { assertNever } from '../../model/value.ts'
import { ReportSummary, summariseReport } from '../apply/summarise-report.ts'
import { LeftOutSummary, summariseLeftOut } from '../plan/summarise-plan.ts'
import { change, changeObject, error, errorObject, held, owed, reach, waves } from './change.ts'
import { onlyOf } from './plan.ts'
import { command, document, formatVersion, hostName, reference } from './schema.ts'

const result = closed('One change.', {
  outcome: Type.Enum(['applied', 'skipped'], { description: '`skipped`: its guard did not allow it.' }),
  change,
})
const results = list('Changes that were carried out, in order.', result)

const HostReportSchema = Type.Union([
  closed('There was nothing to do.', {
    host: hostName,
    status: Type.Literal('unchanged', { description: 'The host was as it should be.' }),
  }),
  held,
  closed('All changes were applied.', {
    host: hostName,
    status: Type.Literal('changed', { description: 'All changes were applied, and a fresh inspect agrees.' }),
    results,
  }),
  closed('Applied, but a fresh inspect still finds differences.', {
    host: hostName,
    status: Type.Literal('unsettled', { description: 'Applied, and it still differs.' }),
    results,
    remaining: list('What still differs.', change),
    said: Type.Optional(
      closed('What systemd says of units that were started and ended again.', {
        line: text('The line that says most.'),
        output: text('The end of what `systemctl status` printed.'),
      }),
    ),
  }),
  closed('Something went wrong: before the apply, or at a change.', {
    host: hostName,
    status: reach,
    error,
    results,
    failed: Type.Optional(change),
    notReached: list('Changes that were not reached.', change),
    pending: list('Notifications kept for the next run.', owed),
  }),
  closed('The user stopped converge while the apply of the host was running.', {
    host: hostName,
    status: Type.Literal('left-running', {
      description: 'The outcome is not known; the host finishes by itself.',
    }),
    results: list('Changes that were carried out as far as is known, in order.', result),
    remedy: text('How to find out the outcome.'),
  }),
  closed('The host never began.', {
    host: hostName,
    status: Type.Literal('not-started', {
      description: 'An earlier wave failed, or the user stopped converge.',
    }),
    reason: text('Why it was not started.'),
    said: Type.Optional(
      closed('Of the members that keep the gate of its wave closed: what they print.', {
        line: text('The line that says most.'),
        output: text('The end of what each health probe and `systemctl status` printed.'),
      }),
    ),
  }),
])
export type HostReportObject = Data<typeof HostReportSchema>

export const hostReport = reference('report.schema.json#/$defs/host', HostReportSchema)

export const ReportDocument = document(
  'Report',
  'Printed by `converge --yes --json` and `converge rollback --yes --json`: the report of an apply or a rollback.',
  {
    command: command('apply', 'rollback', 'etcd restore'),
    cluster: text('Name of the cluster.'),
    only: Type.Optional(Only),
    hosts: list('The hosts in the order of the spec.', hostReport),
    waves,
    leftOut: Type.Optional(LeftOutSummary),
    summary: ReportSummary,
  },
  { host: HostReportSchema },
)
export type ReportDocument = Data<typeof ReportDocument>
export type ApplyCommand = ReportDocument['command']

export function reportDocument(report: Report, plan: Plan, by: ApplyCommand): ReportDocument {
  return {
    formatVersion,
    command: by,
    cluster: report.cluster,
    ...given({ only: onlyOf(plan), leftOut: summariseLeftOut(plan) }),
    hosts: report.hosts.map((host) => hostReportObject(host, changeObject)),
    waves: plan.waves,
    summary: summariseReport(report),
  }
}

export function hostReportObject(report: HostReport, toObject: typeof changeObject): HostReportObject {
  const { host } = report
  const changes = (all: readonly Parameters<typeof changeObject>[0][]) => all.map((one) => toObject(one))
  const results = 'results' in report ? report.results : []
  const done = results.map(({ change: one, outcome }) => ({ outcome, change: toObject(one) }))
  switch (report.status) {
    case 'unchanged':
    case 'held':
    case 'not-started':
      return report
    case 'changed':
    case 'left-running':
      return { ...report, results: done }
    case 'unsettled':
      return { ...report, results: done, remaining: changes(report.remaining) }
    case 'unreachable':
    case 'refused':
    case 'failed':
      return {
        host,
        status: report.status,
        error: errorObject(report.error),
        results: done,
        ...given({ failed: report.failed && toObject(report.failed) }),
        notReached: changes(report.notReached),
        pending: report.pending,
      }
    default:
      return assertNever(report)
  }
}
