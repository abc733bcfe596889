import { InternalError } from '../model/errors.ts'
import { given } from '../model/given.ts'
import type { Change, Plan, PlannedHost } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import type { ExecResult } from '../model/transport.ts'
import { rebootLeft } from '../plan/host/reboot.ts'
import { type PlanOptions, planCluster, planPart } from '../plan/rollout/plan-cluster.ts'
import { sharedAgain } from '../plan/rollout/shared-answers.ts'
import { lastingError, remainingAfterRollback, undoProbes } from '../plan/undo/rollback.ts'
import type { SnapshotSource } from '../shell/programs/etcd-snapshot-program.ts'
import { applyHost } from './apply/apply-host.ts'
import { sayingsOfUnits } from './apply/ended-units.ts'
import { gatheringOf } from './apply/gathering.ts'
import { illnessOf, isHealthy } from './apply/member-health.ts'
import { closedWindow, illAfterReboot } from './apply/reboot.ts'
import { type RollOutOptions, rollOut } from './apply/roll-out.ts'
import { type ApplyOptions, startedBy } from './apply/run.ts'
import { verify } from './apply/verify.ts'
import { bringEtcdSnapshot } from './etcd-snapshot.ts'
import { type HostState, hostState } from './host-state.ts'
import { ask, inspection } from './inspect/inspect-host.ts'
import { planSessionRollback } from './rollback-session.ts'
import { openContext, type SessionContext, type SessionInput } from './session-context.ts'

/** A session with the hosts of a cluster. Everything but an apply throws `Interrupted` when the user stops it. */
export interface Session extends HostState {
  /** The hosts that it works on, by name. */
  readonly selected: readonly string[]
  /** Inspects the selected hosts and plans; changes nothing. A host that does not answer is in the plan as failed. */
  plan(options?: PlanOptions): Promise<Plan>
  /** Plans the return to the state after a generation; by default the last apply is undone on the hosts that it changed. */
  planRollback(to?: number): Promise<Plan>
  /** Performs the plan, wave after wave, and verifies each host. */
  apply(plan: Plan, options?: ApplyOptions & RollOutOptions): Promise<Report>
  /** Brings a snapshot of the host's member of etcd to a new file of this machine. */
  etcdSnapshot(host: string, source: SnapshotSource, file: string): Promise<void>
  close(): Promise<void>
}

export function openSession(input: SessionInput): Session {
  const context = openContext(input)
  return {
    ...hostState(context),
    selected: context.selected,
    async plan(options = { prune: true, release: false }) {
      context.onProgress({ event: 'phase', phase: 'inspect', hosts: context.selected })
      const facts = await context.onEach((name) => context.inspect(name, context.stop.stopping))
      return planCluster(context.catalog, facts, { ...options, now: context.clock.time() }, context.members)
    },
    planRollback: (to) => planSessionRollback(context, to),
    apply: (plan, options = {}) => applyPlan(context, plan, options),
    etcdSnapshot: (host, source, file) => bringEtcdSnapshot(context, host, source, file),
    close: () => context.close(),
  }
}

/** What still differs on a host after its apply, by a new plan with the same intent. */
async function remaining(
  context: SessionContext,
  { intent }: Plan,
  { host, changes, undoes = [], lasting, facts: planned }: PlannedHost,
  answer: ExecResult | undefined,
): Promise<readonly Change[]> {
  const { stop } = context
  if (intent.kind === 'rollback') {
    const { platform } = context.host(host)
    const facts = await context.connections.use(host, stop.leaving, (connection) =>
      ask(connection, undoProbes(undoes), platform, context.programs),
    )
    const left = remainingAfterRollback(undoes, facts)
    if (left.length === 0 && lasting !== undefined) throw lastingError(host, 'apply', lasting)
    return left
  }
  const catalog = context.hostCatalog(host)
  const facts = await context.inspect(host, stop.leaving, answer)
  return [
    ...planPart(catalog, sharedAgain(facts, planned), intent).planned.changes,
    ...rebootLeft(changes, facts),
  ]
}

async function applyPlan(
  context: SessionContext,
  plan: Plan,
  { maxFailures, pauseSeconds, ...options }: ApplyOptions & RollOutOptions,
): Promise<Report> {
  const { cluster, clock } = context
  const gathering = gatheringOf(plan, context)
  const onProgress: typeof context.onProgress = (event) => {
    gathering.sees(event)
    context.onProgress(event)
  }
  const started = clock.now()
  const by = startedBy()
  onProgress({ event: 'phase', phase: 'apply', hosts: plan.waves.flatMap((wave) => wave.hosts) })
  const hosts = await rollOut({
    ...context,
    ...given({ maxFailures, pauseSeconds }),
    onProgress,
    plan,
    isHealthy: (name, command) => isHealthy(context, name, command),
    illnessOf: (name, member) => illnessOf(context, name, member),
    async apply(name) {
      const planned = plan.hosts.find(({ host }) => host === name)
      if (planned?.status !== 'planned') throw new InternalError(`${name} has no plan to apply`)
      const closed = closedWindow(planned, clock.time())
      if (closed !== undefined) return { host: name, status: 'not-started', reason: closed }
      const host = context.host(name)
      const catalog = context.hostCatalog(name)
      // A confirmation or a reboot comes before it, and what a rollback leaves is another question.
      const isAsked =
        plan.intent.kind === 'apply' &&
        options.confirmWithinSeconds === undefined &&
        planned.changes.every(({ operation }) => operation.op !== 'reboot')
      const { report, answer } = await applyHost({
        ...context,
        onProgress,
        gathering,
        ...(isAsked && { question: inspection(host, catalog, context.programs) }),
        planned,
        host,
        catalog,
        files: context.catalog.files ?? new Map(),
        options,
        by,
      })
      if (report.status !== 'changed') return report
      const ill = await illAfterReboot(context, planned, report.results)
      if (ill !== undefined) return ill
      const verified = await verify(report, () => remaining(context, plan, planned, answer))
      if (verified.status !== 'unsettled' || planned.facts.platform.init !== 'systemd') return verified
      return { ...verified, ...given({ said: await sayingsOfUnits(context, name, verified.remaining) }) }
    },
  })
  return { cluster, hosts, durationMs: Math.round(clock.now() - started) }
}
