import type { HostPlan, Plan } from '../../model/plan.ts'
import { failedReport, type HostReport, type Report } from '../../model/report.ts'

/** The report of a plan without changes; hosts that failed stay failed. */
export function idleReport(plan: Plan): Report {
  return { cluster: plan.cluster, hosts: plan.hosts.map(idleHost), durationMs: 0 }
}

function idleHost(host: HostPlan): HostReport {
  if (host.status === 'planned') return { host: host.host, status: 'unchanged' }
  if (host.status === 'held') return { host: host.host, status: 'held', held: host.held }
  return failedReport(host.host, host.error)
}
