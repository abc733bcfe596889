import { consentsTo } from '../model/consent.ts'
import { ConvergeError, ResourceConflict } from '../model/errors.ts'
import type { Facts } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { KeptGeneration } from '../model/manifest.ts'
import type { HostPlan, Plan } from '../model/plan.ts'
import { lostContents, rollbackConsents } from '../plan/rollout/consents.ts'
import { findGroups } from '../plan/rollout/groups.ts'
import { addressesOf, conflictOn } from '../plan/rollout/plan-cluster.ts'
import { planWaves } from '../plan/rollout/waves.ts'
import { keptProbes } from '../plan/undo/kept-content.ts'
import { lastApply, olderApplyNote } from '../plan/undo/last-apply.ts'
import { lastingProbes, planRollback, undoProbes } from '../plan/undo/rollback.ts'
import { contentProbes } from '../plan/undo/rollback-contents.ts'
import { startedBy } from './apply/run.ts'
import { readHistory } from './inspect/history.ts'
import { ask, keptContents } from './inspect/inspect-host.ts'
import type { SessionContext } from './session-context.ts'

/** The generations of a host that are to be undone, and its current state. */
interface Undoable {
  readonly generations: readonly KeptGeneration[]
  readonly facts: Facts
}

/** Plans the return of the selected hosts to the state after a generation. */
export async function planSessionRollback(context: SessionContext, to: number | undefined): Promise<Plan> {
  const { catalog, hostCatalog, onProgress, selected } = context
  onProgress({ event: 'phase', phase: 'inspect', hosts: selected })
  const by = startedBy()
  const back = await context.onEach((name) => undoableOf(context, name, to))
  const answers = [...back.values()].flatMap((found) => (found instanceof ConvergeError ? [] : [found]))
  const last = to === undefined ? lastApply(answers.map(({ generations }) => generations[0])) : undefined
  const hosts = [...back].map(([name, found]): HostPlan => {
    if (found instanceof ConvergeError) return { host: name, status: 'failed', error: found }
    const [own] = found.generations
    if (last === undefined || own === undefined || own.by === last) {
      const keptIn = keptContents(context.host(name), context.cluster)
      try {
        return planRollback({ catalog: hostCatalog(name), by, keptIn, ...found })
      } catch (error) {
        if (!(error instanceof ResourceConflict)) throw error
        return { host: name, status: 'failed', error: conflictOn(name, error) }
      }
    }
    const notes = [olderApplyNote(name, own)]
    return { host: name, status: 'planned', changes: [], facts: found.facts, disrupts: [], notes }
  })
  return {
    cluster: context.cluster,
    intent: { kind: 'rollback', ...given({ to }) },
    hosts,
    waves: planWaves(hosts, findGroups(catalog, hosts)),
    addresses: addressesOf(catalog),
    departed: [],
    consents: [
      ...hosts.flatMap((one) => {
        const found = back.get(one.host)
        return found === undefined || found instanceof ConvergeError
          ? []
          : consentsTo('remove', rollbackConsents(one, found.generations.at(-1)))
      }),
      ...consentsTo('discard', lostContents(catalog, hosts)),
    ],
  }
}

async function undoableOf(context: SessionContext, name: string, to: number | undefined): Promise<Undoable> {
  const facts = await context.inspect(name, context.stop.stopping)
  const newest = facts.state?.generation ?? 0
  const after = to ?? newest - 1
  if (after < 0) return { generations: [], facts }
  const { generations } = await context.use(name, (connection) =>
    readHistory(connection, context.host(name), after, context.programs),
  )
  // A generation that is no longer kept cannot be undone.
  const whole = generations.length > 0 && generations.at(-1)?.number === after + 1
  if (!whole) return { generations: [], facts }
  const catalog = context.hostCatalog(name)
  const keptIn = keptContents(context.host(name), context.cluster)
  const shown = contentProbes({ catalog, facts, generations, keptIn })
  const undoes = generations.flatMap(({ revert }) => revert)
  const kept = keptProbes(
    undoes.map(({ operation }) => operation),
    keptIn,
  )
  const probes = [...undoProbes(undoes), ...lastingProbes(generations), ...kept, ...shown]
  const { platform } = context.host(name)
  const found = await context.use(name, (connection) => ask(connection, probes, platform, context.programs))
  return { generations, facts: { ...found, ...given({ state: found.state && { ...found.state, keptIn } }) } }
}
