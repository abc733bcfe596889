import pLimit from 'p-limit'
import type { Cluster } from '../model/cluster.ts'
import { CommandError, ConvergeError, InternalError, ResourceConflict } from '../model/errors.ts'
import type { Facts, Probe } from '../model/facts.ts'
import type { HostHistory, KeptGeneration, Member } from '../model/manifest.ts'
import type { Change, HostPlan, Plan } from '../model/plan.ts'
import type { HostReport, Progress, Report } from '../model/report.ts'
import type { Catalog } from '../model/resource.ts'
import type { Connection, ConnectOptions, ExecResult } from '../model/transport.ts'
import { planHost } from '../plan/host/plan-host.ts'
import { rollbackConsents } from '../plan/rollout/consents.ts'
import { conflictOn, findGroups, type PlanOptions, planCluster } from '../plan/rollout/plan-cluster.ts'
import { planWaves } from '../plan/rollout/waves.ts'
import { lastApply, olderApplyNote } from '../plan/undo/last-apply.ts'
import { prune } from '../plan/undo/prune.ts'
import { planRollback, rollbackProbes } from '../plan/undo/rollback.ts'
import { contentProbes } from '../plan/undo/rollback-contents.ts'
import type { HostLibrary } from '../shell/library.ts'
import { knownMembers } from '../shell/probes/known-members.ts'
import { commandProgram } from '../shell/programs/command-program.ts'
import type { StatePlace } from '../shell/programs/inspect-program.ts'
import { rememberProgram, unlockProgram } from '../shell/programs/state-programs.ts'
import { applyHost } from './apply/apply-host.ts'
import { rollOut } from './apply/roll-out.ts'
import { type ApplyOptions, startedBy } from './apply/run.ts'
import { openConnections } from './connections.ts'
import { readHistory } from './inspect/history.ts'
import { ask, inspectHost } from './inspect/inspect-host.ts'
import { waitForLock } from './inspect/wait-for-lock.ts'

export interface SessionInput {
  readonly cluster: Cluster
  readonly catalog: Catalog
  /** The hosts to contact, by name; all of the cluster's unless given. */
  readonly selected?: readonly string[]
  readonly transports: { connect(options: ConnectOptions): Promise<Connection>; close(): Promise<void> }
  readonly library: HostLibrary
  /** How many hosts are worked on at once. */
  readonly parallel: number
  /** How long a host is asked again on which another apply runs; 0 unless given. */
  readonly lockWaitSeconds?: number
  readonly sudoPassword?: (host: string) => Promise<string | undefined>
  readonly onProgress?: (event: Progress) => void
}

/** One conversation with the hosts of a cluster: connections are opened once and kept from plan to apply. */
export interface Session {
  /** Inspects the selected hosts and plans; changes nothing. A host that cannot be asked is in the plan as failed. */
  plan(options?: PlanOptions): Promise<Plan>
  /**
   * Plans how the selected hosts go back to what they were after a generation; changes nothing. By default the last
   * apply is taken back, on those of them that it changed.
   */
  planRollback(to?: number): Promise<Plan>
  /** What each selected host remembers of the applies on it, or why it cannot be asked. */
  history(): Promise<ReadonlyMap<string, HostHistory | ConvergeError>>
  /** Runs a shell command on each selected host with root's rights; its exit code is a result. */
  exec(command: string, timeoutMs: number): Promise<ReadonlyMap<string, ExecResult | ConvergeError>>
  /** Ends an apply that holds a selected host's lock: `free`, or `ended` and whose it was. */
  unlock(): Promise<ReadonlyMap<string, string | ConvergeError>>
  /** Makes the selected hosts forget hosts that left the cluster. */
  forget(names: readonly string[]): Promise<ReadonlyMap<string, string | ConvergeError>>
  /** Performs the plan, wave after wave, and verifies each host; a host's failure is in the report, never thrown. */
  apply(plan: Plan, options?: ApplyOptions): Promise<Report>
  close(): Promise<void>
}

/** More than anybody reads; a command that prints without end is stopped there. */
const maxOutputBytes = 64 * 1024 * 1024

/** Plans one host again after its apply; what is left is what did not settle. */
type Replan = (host: string) => Promise<readonly Change[]>

export function openSession(input: SessionInput): Session {
  const { cluster, catalog, library, parallel, onProgress = () => {} } = input
  const hosts = new Map(cluster.hosts.map((host) => [host.name, host]))
  const catalogs = new Map(catalog.hosts.map((hostCatalog) => [hostCatalog.host, hostCatalog]))
  const selected = input.selected ?? cluster.hosts.map(({ name }) => name)
  const members = cluster.hosts.map(({ name, target, platform }): Member => ({ name, target, platform }))
  const programs = { cluster: cluster.name, library, members: knownMembers(members) }
  const connections = openConnections(input, hosts, onProgress)
  const limit = pLimit(parallel)
  const replans = new WeakMap<Plan, Replan>()

  const inspect = async (name: string): Promise<Facts> => {
    const connection = await connections.get(name)
    const facts = await waitForLock(input.lockWaitSeconds ?? 0, () =>
      inspectHost(connection, known(hosts, name), known(catalogs, name), programs),
    )
    onProgress({ event: 'inspected', host: name })
    return facts
  }
  const replanWith =
    (pruning: boolean): Replan =>
    async (name) => {
      const own = known(catalogs, name)
      const facts = await inspect(name)
      return planHost(own, facts, new Set(), pruning ? prune(own, facts) : undefined).changes
    }

  /** What is done on every selected host, with a host's failure as its answer. */
  const onEach = async <T>(work: (name: string) => Promise<T>): Promise<Map<string, T | ConvergeError>> =>
    new Map(
      await Promise.all(
        selected.map((name) =>
          limit(
            async (): Promise<[string, T | ConvergeError]> => [name, await work(name).catch(worldFailure)],
          ),
        ),
      ),
    )

  /** The same where the answer itself is what is wanted. */
  const asking = <T>(work: (name: string) => Promise<T>): Promise<Map<string, T | ConvergeError>> => {
    onProgress({ event: 'phase', phase: 'ask', hosts: selected })
    return onEach((name) => work(name).finally(() => onProgress({ event: 'answered', host: name })))
  }

  return {
    async plan(options) {
      onProgress({ event: 'phase', phase: 'inspect', hosts: selected })
      const plan = planCluster(catalog, await onEach(inspect), options, members)
      replans.set(plan, replanWith(options?.prune ?? true))
      return plan
    },
    async planRollback(to) {
      onProgress({ event: 'phase', phase: 'inspect', hosts: selected })
      const by = startedBy()
      const back = await onEach((name) => rollbackOf(name, to))
      const answers = [...back.values()].flatMap((found) => (found instanceof ConvergeError ? [] : [found]))
      const last = to === undefined ? lastApply(answers.map(({ generations }) => generations[0])) : undefined
      const planned = [...back].map(([name, found]): HostPlan => {
        if (found instanceof ConvergeError) return { host: name, status: 'failed', error: found }
        const [own] = found.generations
        if (last !== undefined && own !== undefined && own.by !== last) {
          const { facts } = found
          return {
            host: name,
            status: 'planned',
            changes: [],
            facts,
            disrupts: [],
            notes: [olderApplyNote(name, own)],
          }
        }
        return planRollback({ catalog: known(catalogs, name), by, keptIn: keptIn(name), ...found })
      })
      const plan = {
        cluster: cluster.name,
        hosts: planned,
        waves: planWaves(planned, findGroups(catalog)),
        departed: [],
        consents: planned.flatMap((one) => {
          const found = back.get(one.host)
          return found === undefined || found instanceof ConvergeError
            ? []
            : rollbackConsents(one, found.generations.at(-1))
        }),
      }
      replans.set(plan, async (name) => {
        const found = back.get(name)
        if (found === undefined || found instanceof ConvergeError)
          throw new InternalError(`${name} was not rolled back`)
        const again = planRollback({
          catalog: known(catalogs, name),
          by,
          keptIn: keptIn(name),
          generations: found.generations,
          facts: await rollbackFacts(name, found.generations),
        })
        return again.status === 'planned' ? again.changes : []
      })
      return plan
    },
    async history() {
      return asking(async (name) => readHistory(await connections.get(name), known(hosts, name), 0, programs))
    },
    async exec(command, timeoutMs) {
      return asking(async (name) => {
        const connection = await connections.get(name)
        return connection.exec({ program: commandProgram(command, timeoutMs), timeoutMs, maxOutputBytes })
      })
    },
    unlock: () => onEach((name) => runProgram(name, (place) => unlockProgram(place, library))),
    async forget(names) {
      return onEach(async (name) => {
        const kept = ((await inspect(name)).state?.members ?? []).filter(
          (member) => !names.includes(member.name),
        )
        return runProgram(name, (place) => rememberProgram(kept, place, library))
      })
    },
    async apply(plan, options = {}) {
      const started = performance.now()
      const by = startedBy()
      onProgress({ event: 'phase', phase: 'apply', hosts: plan.waves.flatMap((wave) => wave.hosts) })
      const verifying = replans.get(plan) ?? replanWith(true)
      const reports = await rollOut({
        plan,
        limit,
        connections,
        programs,
        hosts,
        onProgress,
        async apply(name) {
          const planned = plan.hosts.find(({ host }) => host === name)
          if (planned?.status !== 'planned') throw new InternalError(`${name} has no plan to apply`)
          const shared = { connections, programs, onProgress, options, by }
          const report = await applyHost({
            planned,
            host: known(hosts, name),
            catalog: known(catalogs, name),
            ...shared,
          })
          return report.status === 'changed' ? verify(report, verifying) : report
        },
      })
      return { cluster: cluster.name, hosts: reports, durationMs: Math.round(performance.now() - started) }
    },
    async close() {
      await connections.close()
      await input.transports.close()
    },
  }

  async function runProgram(name: string, program: (place: StatePlace) => string): Promise<string> {
    const { stateDir } = known(hosts, name).platform
    const connection = await connections.get(name)
    const { exitCode, stdout, stderr } = await connection.exec({
      program: program({ stateDir, cluster: cluster.name }),
      timeoutMs: 60_000,
    })
    if (exitCode === 0) return Buffer.from(stdout).toString().trim()
    throw new CommandError(`the program ended with ${exitCode ?? 'a signal'}`, {
      host: name,
      step: 'state',
      exitCode,
      stderr,
    })
  }

  async function rollbackOf(name: string, to: number | undefined) {
    const facts = await inspect(name)
    const newest = facts.state?.generation ?? 0
    const after = to ?? newest - 1
    const connection = await connections.get(name)
    const generations =
      after < 0 ? [] : (await readHistory(connection, known(hosts, name), after, programs)).generations
    // One that is no longer kept would leave a gap in the way back.
    const whole = generations.length > 0 && generations.at(-1)?.number === after + 1
    if (!whole) return { generations: [], facts }
    const shown = contentProbes({ catalog: known(catalogs, name), facts, generations, keptIn: keptIn(name) })
    return { generations, facts: await rollbackFacts(name, generations, shown) }
  }

  async function rollbackFacts(
    name: string,
    generations: readonly KeptGeneration[],
    more: readonly Probe[] = [],
  ): Promise<Facts> {
    const connection = await connections.get(name)
    const probes = [...rollbackProbes(generations), ...more]
    return ask(connection, probes, known(hosts, name).platform.stateDir, programs)
  }

  /** Where a host keeps what applies replaced. */
  function keptIn(name: string): string {
    return `${known(hosts, name).platform.stateDir}/clusters/${cluster.name}`
  }
}

/** A fresh inspect after the apply: what still differs is told, and never repaired by a plan that nobody saw. */
async function verify(
  report: Extract<HostReport, { status: 'changed' }>,
  replan: Replan,
): Promise<HostReport> {
  const { host, results } = report
  try {
    const remaining = await replan(host)
    return remaining.length === 0 ? report : { host, status: 'unsettled', results, remaining }
  } catch (error) {
    const failure = error instanceof ResourceConflict ? conflictOn(host, error) : worldFailure(error)
    return { host, status: 'failed', error: failure, results, notReached: [], pending: [] }
  }
}

function worldFailure(error: unknown): ConvergeError {
  if (error instanceof ConvergeError) return error
  throw error
}

function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name)
  if (value === undefined) throw new InternalError(`unknown host ${name}`)
  return value
}
