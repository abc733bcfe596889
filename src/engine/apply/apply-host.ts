import type { Host } from '../../model/cluster.ts'
import { ConvergeError, Interrupted } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { PlannedHost } from '../../model/plan.ts'
import type { HostReport, Progress } from '../../model/report.ts'
import type { HostCatalog } from '../../model/resource.ts'
import type { Stop } from '../../model/stop.ts'
import type { ExecResult } from '../../model/transport.ts'
import { planRevert } from '../../plan/undo/rollback.ts'
import { launchProgram } from '../../shell/programs/launch-program.ts'
import { type PlannedChanges, planProgram, type Run } from '../../shell/programs/plan-program.ts'
import { revertProgram } from '../../shell/programs/revert-program.ts'
import type { Clock } from '../clock.ts'
import type { Connections } from '../connections.ts'
import type { HostPrograms, Question } from '../inspect/inspect-host.ts'
import { applyTimeoutMs } from './apply-timeout.ts'
import { confirm } from './confirm.ts'
import { followRun } from './follow-run.ts'
import type { Gathering } from './gathering.ts'
import { awaitBoot } from './reboot.ts'
import { type ApplyOptions, newRun, startedBy } from './run.ts'
import { recordRun, rollsBackAfter } from './run-record.ts'
import { uploadsOf } from './uploads.ts'

export interface ApplyHostInput {
  readonly planned: PlannedHost
  readonly host: Host
  readonly connections: Connections
  readonly programs: HostPrograms
  readonly onProgress: (event: Progress) => void
  readonly options: ApplyOptions
  /** What to ask after a run that ended well, in the exec that follows it. */
  readonly question?: Question
  /** Who started the run and when: the same on all of its hosts. */
  readonly by: string
  /** The catalog for which an automatic rollback holds the host. */
  readonly catalog: HostCatalog
  /** By checksum, where the contents are that are not in memory. */
  readonly files: ReadonlyMap<string, string>
  readonly clock: Clock
  readonly stop: Stop
  readonly gathering: Gathering
}

interface Applied {
  readonly report: HostReport
  /** To the question, if all was applied and nothing else is to be done before. */
  readonly answer?: ExecResult
}

/** Uploads the contents of the plan, starts its program on the host, follows it to its end and asks what is then there. */
export async function applyHost(input: ApplyHostInput): Promise<Applied> {
  const { planned, host, connections, programs, onProgress, options, by, clock, stop, question } = input
  if (planned.changes.length === 0) return { report: { host: host.name, status: 'unchanged' } }
  const run = newRun(host, programs.cluster, by, options)
  input.gathering.joins(host.name, run)
  const record = recordRun(planned, onProgress, options.confirmWithinSeconds)
  try {
    await upload(input, run)
    const answer = await followRun({
      host: host.name,
      launch: launchProgramFor(input, run),
      changes: planned.changes.length,
      timeoutMs: applyTimeoutMs(planned.changes) + (run.lockWaitSeconds ?? 0) * 1000,
      record,
      connections,
      clock,
      stop,
      ...given({ question }),
    })
    if (record.report().status === 'changed') await awaitBoot(input)
    if (run.confirmWithinSeconds !== undefined && record.report().status === 'changed') {
      const remedy = rollsBackAfter(run.confirmWithinSeconds, planned)
      const { library } = programs
      await confirm({ run, host: host.name, connections, library, clock, remedy, signal: stop.leaving })
    }
    return { report: record.report(), ...given({ answer }) }
  } catch (error) {
    if (error instanceof ConvergeError) return { report: record.failed(error) }
    if (!(error instanceof Interrupted)) throw error
    return { report: record.isSent() ? record.leftRunning() : notStarted(host.name) }
  }
}

/** The report of a host that was not started before the user stopped the run. */
export function notStarted(host: string): HostReport {
  return { host, status: 'not-started', reason: 'interrupted before it started' }
}

function plannedChanges({ changes, facts, bookkeeping }: PlannedHost): PlannedChanges {
  return { changes, journal: facts.journal, ...given({ bookkeeping }) }
}

/** The program that applyHost would run on the host, for reading: without the values of variables. */
export function scriptFor(planned: PlannedHost, host: Host, { cluster, library }: HostPrograms): string {
  const changes = planned.changes.map((change) => {
    const { operation } = change
    if (operation.op !== 'run' || operation.environment === undefined) return change
    const names = Object.keys(operation.environment)
    return {
      ...change,
      operation: { ...operation, environment: Object.fromEntries(names.map((name) => [name, 'HIDDEN'])) },
    }
  })
  const run = newRun(host, cluster, startedBy(), {})
  return planProgram(plannedChanges({ ...planned, changes }), run, library)
}

function launchProgramFor({ planned, catalog, programs, question }: ApplyHostInput, run: Run): string {
  const { library } = programs
  const program = planProgram(plannedChanges(planned), run, library)
  const afterwards = question?.program
  if (run.confirmWithinSeconds === undefined)
    return launchProgram(program, run, library, given({ afterwards }))
  const revert = revertProgram(planRevert(planned, catalog, `${run.by}, not confirmed`), run, library)
  return launchProgram(program, run, library, { revert, ...given({ afterwards }) })
}

async function upload(
  { planned, connections, onProgress, stop, files: large }: ApplyHostInput,
  run: Run,
): Promise<void> {
  const files = uploadsOf(planned.changes, large)
  if (files.length === 0) return
  const sizeBytes = files.reduce((sum, one) => sum + ('bytes' in one ? one.bytes.length : one.sizeBytes), 0)
  onProgress({ event: 'uploading', host: planned.host, files: files.length, sizeBytes })
  await connections.use(planned.host, stop.stopping, (connection) => connection.upload(run.stagingDir, files))
}
