import { setTimeout as delay } from 'node:timers/promises'
import type { LimitFunction } from 'p-limit'
import { InternalError } from '../../model/errors.ts'
import type { HostPlan, Plan, Wave } from '../../model/plan.ts'
import { failedReport, type HostReport, isWell, type Progress } from '../../model/report.ts'
import type { Stop } from '../../model/stop.ts'
import { notStarted } from './apply-host.ts'

export interface RollOutOptions {
  /** No host starts once more hosts than these have failed; by default none may if there is a pace, else all go on. */
  readonly maxFailures?: number
  /** Seconds between two waves. */
  readonly pauseSeconds?: number
}

export interface RollOutInput extends RollOutOptions {
  readonly plan: Plan
  readonly limit: LimitFunction
  /** Whether a command says that a member is healthy; undefined if its host does not answer. */
  readonly isHealthy: (host: string, command: string) => Promise<boolean | undefined>
  readonly onProgress: (event: Progress) => void
  readonly stop: Stop
  readonly apply: (host: string) => Promise<HostReport>
}

/**
 * Performs the plan wave after wave. A wave that disrupts a group starts only if enough of its other members are
 * healthy; a failure stops the later waves of its groups, and too many failures all that has not started. After a stop no
 * further host starts. Reports in plan order.
 */
export async function rollOut(input: RollOutInput): Promise<readonly HostReport[]> {
  const { plan, limit, onProgress, stop, pauseSeconds = 0 } = input
  const isPaced = plan.intent.kind === 'apply' && plan.intent.pace !== undefined
  const maxFailures = input.maxFailures ?? (isPaced ? 0 : Number.POSITIVE_INFINITY)
  const reports = new Map<string, HostReport>()
  const done = (report: HostReport): void => {
    reports.set(report.host, report)
    onProgress({ event: 'host-done', host: report.host, report })
  }
  const stopped = new Map<string, string>()
  const failed: string[] = []
  for (const host of plan.hosts) {
    const early = withoutWork(host)
    if (early === undefined) continue
    done(early)
    // Nothing was tried on it that the others could follow.
    if (early.status !== 'unchanged' && isCanary(plan, host.host)) failed.push(host.host)
  }
  const tooMany = (): string | undefined =>
    failed.length > maxFailures
      ? `${failed.join(', ')} did not succeed${maxFailures === 0 ? '' : `, and ${maxFailures} may fail`}`
      : undefined
  let hasBegun = false
  for (const [index, wave] of plan.waves.entries()) {
    if (hasBegun && pauseSeconds > 0 && tooMany() === undefined && !stop.stopping.aborted) {
      onProgress({ event: 'pause', seconds: pauseSeconds })
      await delay(pauseSeconds * 1000, undefined, { signal: stop.stopping }).catch(() => undefined)
    }
    for (const gate of wave.gates) {
      if (stop.stopping.aborted || stopped.has(gate.group)) continue
      const reason = await closedGate(gate, wave, input)
      if (reason !== undefined && !stop.stopping.aborted) stopped.set(gate.group, reason)
    }
    const runnable = wave.hosts.filter((host) => {
      const reason = tooMany() ?? groupsOf(plan, host).flatMap((group) => stopped.get(group) ?? [])[0]
      if (reason !== undefined) done({ host, status: 'not-started', reason })
      else if (stop.stopping.aborted) done(notStarted(host))
      else return true
      return false
    })
    if (runnable.length === 0) continue
    hasBegun = true
    onProgress({ event: 'wave', wave: index + 1, of: plan.waves.length, hosts: runnable })
    // Members that start together wait for each other on the hosts, so the limit must not delay any of them.
    const begin = async (host: string): Promise<HostReport> => {
      const reason = tooMany()
      if (reason !== undefined) return { host, status: 'not-started', reason }
      if (stop.stopping.aborted) return notStarted(host)
      const report = await input.apply(host)
      // Before the limit lets the next host begin.
      if (!isWell(report)) failed.push(host)
      return report
    }
    const run = (host: string): Promise<HostReport> =>
      wave.bootstrap.includes(host) ? begin(host) : limit(() => begin(host))
    await Promise.all(
      runnable.map(async (host) => {
        const report = await run(host)
        done(report)
        if (isWell(report)) return
        for (const group of groupsOf(plan, host))
          stopped.set(group, `${host} did not succeed in an earlier wave`)
      }),
    )
  }
  return plan.hosts.map(({ host }) => {
    const report = reports.get(host)
    if (report === undefined) throw new InternalError(`${host} is in no wave`)
    return report
  })
}

function isCanary({ intent }: Plan, host: string): boolean {
  return intent.kind === 'apply' && intent.pace?.canary?.includes(host) === true
}

function withoutWork(plan: HostPlan): HostReport | undefined {
  const { host } = plan
  if (plan.status === 'planned') return plan.changes.length === 0 ? { host, status: 'unchanged' } : undefined
  if (plan.status === 'held') return { host, status: 'held', held: plan.held }
  return failedReport(host, plan.error)
}

/** The groups of which the host disrupts or changes the members. */
function groupsOf(plan: Plan, name: string): readonly string[] {
  const planned = plan.hosts.find(({ host }) => host === name)
  if (planned?.status !== 'planned') return []
  const regrouped = planned.changes.flatMap(({ regroups }) => regroups?.group ?? [])
  return [...new Set([...planned.disrupts, ...regrouped])]
}

/** Why a group may not be disrupted now; undefined if it may. A member that does not answer counts as down. */
async function closedGate(
  gate: Wave['gates'][number],
  wave: Wave,
  input: RollOutInput,
): Promise<string | undefined> {
  const answers = await Promise.all(
    gate.members.map(({ host, healthy, domain }) =>
      input.limit(async () => ({ host, domain, healthy: await input.isHealthy(host, healthy) })),
    ),
  )
  const down = answers.filter(({ healthy }) => healthy !== true)
  const going = wave.hosts.filter((host) => groupsOf(input.plan, host).includes(gate.group))
  const elsewhere = down
    .filter(({ domain }) => domain !== undefined && domain !== gate.domain)
    .map(({ host }) => host)
  if (gate.domain !== undefined && elsewhere.length > 0)
    return `${elsewhere.join(', ')} of ${gate.group} ${plural(elsewhere, 'is', 'are')} down, in another ${gate.within} than ${gate.domain}`
  if (down.length === 0 || down.length + going.length <= gate.maxUnavailable) return undefined
  const silent = down.filter(({ healthy }) => healthy === undefined).map(({ host }) => host)
  const ill = down.filter(({ healthy }) => healthy === false).map(({ host }) => host)
  const reasons = [
    ...(ill.length === 0
      ? []
      : [`${ill.join(', ')} of ${gate.group} ${plural(ill, 'is', 'are')} not healthy`]),
    ...(silent.length === 0
      ? []
      : [`${silent.join(', ')} of ${gate.group} ${plural(silent, 'does', 'do')} not answer`]),
  ]
  return `${reasons.join('; ')}; at most ${gate.maxUnavailable} may be down at once`
}

function plural(names: readonly string[], one: string, many: string): string {
  return names.length === 1 ? one : many
}
