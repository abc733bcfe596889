import { InternalError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import { planHost } from '../plan/host/plan-host.ts'
import { type PlanOptions, planCluster } from '../plan/rollout/plan-cluster.ts'
import { prune } from '../plan/undo/prune.ts'
import { applyHost } from './apply/apply-host.ts'
import { rollOut } from './apply/roll-out.ts'
import { type ApplyOptions, startedBy } from './apply/run.ts'
import { type Replan, verify } from './apply/verify.ts'
import { type HostState, hostState } from './host-state.ts'
import { planSessionRollback } from './rollback-session.ts'
import { openContext, type SessionContext, type SessionInput } from './session-context.ts'

/** One conversation with the hosts of a cluster: connections are opened once and kept from plan to apply. */
export interface Session extends HostState {
  /** Inspects the selected hosts and plans; changes nothing. A host that cannot be asked is in the plan as failed. */
  plan(options?: PlanOptions): Promise<Plan>
  /**
   * Plans how the selected hosts go back to what they were after a generation; changes nothing. By default the last
   * apply is undone, on those of them that it changed.
   */
  planRollback(to?: number): Promise<Plan>
  /** Performs the plan, wave after wave, and verifies each host; a host's failure is in the report, never thrown. */
  apply(plan: Plan, options?: ApplyOptions): Promise<Report>
  close(): Promise<void>
}

export function openSession(input: SessionInput): Session {
  const context = openContext(input)
  const replans = new WeakMap<Plan, Replan>()
  return {
    ...hostState(context),
    async plan(options) {
      context.onProgress({ event: 'phase', phase: 'inspect', hosts: context.selected })
      const facts = await context.onEach(context.inspect)
      const plan = planCluster(context.catalog, facts, options, context.members)
      replans.set(plan, replanWith(context, options?.prune ?? true))
      return plan
    },
    async planRollback(to) {
      const { plan, replan } = await planSessionRollback(context, to)
      replans.set(plan, replan)
      return plan
    },
    apply: (plan, options = {}) =>
      applyPlan(context, plan, options, replans.get(plan) ?? replanWith(context, true)),
    async close() {
      await context.connections.close()
      await input.transports.close()
    },
  }
}

function replanWith({ hostCatalog, inspect }: SessionContext, pruning: boolean): Replan {
  return async (name) => {
    const catalog = hostCatalog(name)
    const facts = await inspect(name)
    return planHost(catalog, facts, new Set(), pruning ? prune(catalog, facts) : undefined).changes
  }
}

async function applyPlan(
  context: SessionContext,
  plan: Plan,
  options: ApplyOptions,
  replan: Replan,
): Promise<Report> {
  const { cluster, connections, programs, onProgress } = context
  const started = performance.now()
  const by = startedBy()
  onProgress({ event: 'phase', phase: 'apply', hosts: plan.waves.flatMap((wave) => wave.hosts) })
  const hosts = await rollOut({
    ...context,
    plan,
    async apply(name) {
      const planned = plan.hosts.find(({ host }) => host === name)
      if (planned?.status !== 'planned') throw new InternalError(`${name} has no plan to apply`)
      const report = await applyHost({
        planned,
        host: context.host(name),
        catalog: context.hostCatalog(name),
        connections,
        programs,
        onProgress,
        options,
        by,
      })
      return report.status === 'changed' ? verify(report, replan) : report
    },
  })
  return { cluster, hosts, durationMs: Math.round(performance.now() - started) }
}
