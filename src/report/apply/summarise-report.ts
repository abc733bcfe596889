import { Type } from 'typebox'
import type { HostReport, Report } from '../../model/report.ts'
import { closed, type Data } from '../../model/schema.ts'
import { counts } from '../json/schema.ts'
import { isRestart } from '../plan/summarise-plan.ts'
import { countReaches, reachCounts, renderReaches } from '../text/reaches.ts'
import type { Style } from '../text/style.ts'
import { commaList, count, duration } from '../text/words.ts'

export const ReportSummary = closed('Counts.', {
  ...counts({
    hosts: 'Hosts in the report.',
    changed: 'Hosts that were changed.',
    unchanged: 'Hosts that were as they should be.',
    held: 'Hosts that a rollback holds.',
    unsettled: 'Hosts that still differ after the apply.',
    ...reachCounts,
    notStarted: 'Hosts that never began.',
    leftRunning: 'Hosts that were left to finish by themselves.',
    changesApplied: 'Changes applied on all hosts.',
    restarts: 'How many of them restarted a unit.',
  }),
  durationMs: Type.Number({ minimum: 0, description: 'How long the apply took, in milliseconds.' }),
})
export type ReportSummary = Data<typeof ReportSummary>

/** Counts hosts by status, and what was applied on them. */
export function summariseReport(report: Report): ReportSummary {
  const hostsThatAre = (status: HostReport['status']) =>
    report.hosts.filter((host) => host.status === status).length
  const applied = report.hosts
    .flatMap((host) => ('results' in host ? host.results : []))
    .filter((result) => result.outcome === 'applied')
  return {
    hosts: report.hosts.length,
    changed: hostsThatAre('changed'),
    unchanged: hostsThatAre('unchanged'),
    held: hostsThatAre('held'),
    unsettled: hostsThatAre('unsettled'),
    ...countReaches(report.hosts.flatMap((host) => ('error' in host ? [host.error] : []))),
    notStarted: hostsThatAre('not-started'),
    leftRunning: hostsThatAre('left-running'),
    changesApplied: applied.length,
    restarts: applied.filter((result) => isRestart(result.change.operation)).length,
    durationMs: report.durationMs,
  }
}

/** `3 hosts: 2 changed, 1 failed; 5 changes applied, 2 restarts; 3.2 s` */
export function renderReportSummary(summary: ReportSummary, style: Style): string {
  const hosts = [
    summary.changed > 0 && style.success(`${summary.changed} changed`),
    summary.unchanged > 0 && `${summary.unchanged} unchanged`,
    summary.held > 0 && `${summary.held} held`,
    summary.unsettled > 0 && style.warning(`${summary.unsettled} unsettled`),
    ...renderReaches(summary, style),
    summary.leftRunning > 0 && style.warning(`${summary.leftRunning} left running`),
    summary.notStarted > 0 && style.warning(`${summary.notStarted} not started`),
  ]
  const { changesApplied, restarts } = summary
  const applied = changesApplied > 0 && `${count(changesApplied, 'change')} applied`
  return [
    `${count(summary.hosts, 'host')}: ${commaList(hosts)}`,
    ...(applied ? [commaList([applied, restarts > 0 && count(restarts, 'restart')])] : []),
    duration(summary.durationMs),
  ].join('; ')
}
