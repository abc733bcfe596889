import type { LimitFunction } from 'p-limit'
import { type ConvergeError, InternalError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { HostPlan, Plan, Wave } from '../../model/plan.ts'
import { failedReport, type HostReport, isWell, type Progress, type Said } from '../../model/report.ts'
import type { Stop } from '../../model/stop.ts'
import type { Clock } from '../clock.ts'
import { notStarted } from './apply-host.ts'
import type { Illness } from './member-health.ts'

export interface RollOutOptions {
  /** No host starts once more hosts than these have failed; by default none may if there is a pace, else all go on. */
  readonly maxFailures?: number
  /** Seconds between two waves. */
  readonly pauseSeconds?: number
}

export interface RollOutInput extends RollOutOptions {
  readonly plan: Plan
  readonly limit: LimitFunction
  /** Whether a command says that a member is healthy; an error if its host does not answer. */
  readonly isHealthy: (host: string, command: string) => Promise<boolean | ConvergeError>
  /** Why a member is ill. */
  readonly illnessOf: (host: string, member: Gate['members'][number]) => Promise<Illness | undefined>
  readonly onProgress: (event: Progress) => void
  readonly stop: Stop
  readonly clock: Clock
  readonly apply: (host: string) => Promise<HostReport>
}

type Gate = Wave['gates'][number]

/** Why what disrupts a group does not start. */
interface Obstacle {
  readonly reason: string
  readonly said?: Said
}

/**
 * Performs the plan wave after wave. A wave that disrupts a group starts only if enough of its other members are
 * healthy after a while; a failure stops the later waves of its groups, and too many failures all that has not started. After a stop no
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
  const stopped = new Map<string, Obstacle>()
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
      await pause(pauseSeconds * 1000, input)
    }
    const gates = wave.gates.filter(({ group }) => !stopped.has(group))
    for (const [group, obstacle] of await closedGates(gates, wave, input)) stopped.set(group, obstacle)
    const runnable = wave.hosts.filter((host) => {
      const reason = tooMany()
      const obstacle =
        reason === undefined
          ? groupsOf(plan, host).flatMap((group) => stopped.get(group) ?? [])[0]
          : { reason }
      if (obstacle !== undefined) done({ host, status: 'not-started', ...obstacle })
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
          stopped.set(group, { reason: `${host} did not succeed in an earlier wave` })
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

const firstPauseMs = 1000
const longestPauseMs = 5000

/**
 * The groups that may not be disrupted, and why. As a member may need a while after a restart elsewhere, all gates are asked
 * again until they are open or their time is over: they have to be open at the same time.
 */
async function closedGates(
  gates: readonly Gate[],
  wave: Wave,
  input: RollOutInput,
): Promise<ReadonlyMap<string, Obstacle>> {
  const { clock, stop, onProgress } = input
  const began = clock.now()
  const leftMs = ({ timeoutSeconds }: Gate): number => began + timeoutSeconds * 1000 - clock.now()
  const obstacles = new Map<string, Obstacle>()
  const told = new Set<string>()
  for (let pauseMs = firstPauseMs; !stop.stopping.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const open = gates.filter(({ group }) => !obstacles.has(group))
    const answers = await Promise.all(
      open.map(async (gate) => ({ gate, closed: await closedGate(gate, wave, input) })),
    )
    const waiting: Gate[] = []
    for (const { gate, closed } of answers) {
      if (closed === undefined || stop.stopping.aborted) continue
      if (leftMs(gate) <= 0) {
        obstacles.set(gate.group, await obstacleOf(gate, closed, input))
        continue
      }
      waiting.push(gate)
      if (told.has(gate.group)) continue
      told.add(gate.group)
      const hosts = closed.down.map(({ member }) => member.host)
      onProgress({ event: 'waiting', group: gate.group, hosts, seconds: gate.timeoutSeconds })
    }
    if (waiting.length === 0) break
    await pause(Math.min(pauseMs, ...waiting.map(leftMs)), input)
  }
  return stop.stopping.aborted ? new Map() : obstacles
}

/** A pause that ends early if the user stops. */
async function pause(ms: number, { clock, stop }: RollOutInput): Promise<void> {
  await clock.pause(ms, stop.stopping).catch(() => undefined)
}

/** A member that is not healthy: ill, or the error of a host that does not answer. */
interface Down {
  readonly member: Gate['members'][number]
  readonly silence?: ConvergeError
}

interface ClosedGate {
  readonly down: readonly Down[]
  /** The hosts of those that are in another failure domain than what the wave takes down. */
  readonly elsewhere: readonly string[]
}

/** Why a group may not be disrupted now; undefined if it may. A member that does not answer counts as down. */
async function closedGate(gate: Gate, wave: Wave, input: RollOutInput): Promise<ClosedGate | undefined> {
  const answers = await Promise.all(
    gate.members.map((member) =>
      input.limit(async () => ({ member, healthy: await input.isHealthy(member.host, member.healthy) })),
    ),
  )
  const down = answers.flatMap(({ member, healthy }): readonly Down[] =>
    healthy === true ? [] : [{ member, ...given({ silence: healthy || undefined }) }],
  )
  const going = wave.hosts.filter((host) => groupsOf(input.plan, host).includes(gate.group))
  const elsewhere = down.flatMap(({ member: { host, domain } }) =>
    gate.domain === undefined || domain === undefined || domain === gate.domain ? [] : [host],
  )
  const isOpen =
    elsewhere.length === 0 && (down.length === 0 || down.length + going.length <= gate.maxUnavailable)
  return isOpen ? undefined : { down, elsewhere }
}

/** Why a gate stays closed, with what its ill members print. */
async function obstacleOf(
  { group, maxUnavailable, within, domain }: Gate,
  { down, elsewhere }: ClosedGate,
  { limit, illnessOf }: RollOutInput,
): Promise<Obstacle> {
  const isInTheWay = ({ member }: Down): boolean => elsewhere.length === 0 || elsewhere.includes(member.host)
  const told = await Promise.all(
    down.filter(isInTheWay).map(async ({ member, silence }) => {
      const name = `${member.host} of ${group}`
      if (silence !== undefined) return { reason: `${name} does not answer: ${silence.message}` }
      const illness = await limit(() => illnessOf(member.host, member))
      const why = illness === undefined ? '' : `: ${illness.reason}`
      return { reason: `${name} is not healthy${why}`, ...given({ said: illness?.said }) }
    }),
  )
  const rule =
    elsewhere.length === 0
      ? `at most ${maxUnavailable} may be down at once`
      : `none may be down in another ${within} than ${domain}`
  const [first, ...others] = told.flatMap(({ said }) => said ?? [])
  return {
    reason: [...told.map(({ reason }) => reason), rule].join('; '),
    ...given({
      said: first && {
        line: first.line,
        output: [first, ...others].map(({ output }) => output).join('\n'),
      },
    }),
  }
}
