import type { Host } from '../../model/cluster.ts'
import { CommandError, ConvergeError } from '../../model/errors.ts'
import type { HostPlan } from '../../model/plan.ts'
import type { HostReport, Progress } from '../../model/report.ts'
import type { HostCatalog } from '../../model/resource.ts'
import type { Upload } from '../../model/transport.ts'
import { planWayBack } from '../../plan/undo/rollback.ts'
import { lineSplitter, parseResultLine } from '../../shell/answers/parse-results.ts'
import type { HostLibrary } from '../../shell/library.ts'
import { launchProgram } from '../../shell/programs/launch-program.ts'
import { type PlannedChanges, planProgram, type Run } from '../../shell/programs/plan-program.ts'
import { revertProgram } from '../../shell/programs/revert-program.ts'
import type { Connections } from '../connections.ts'
import type { HostPrograms } from '../inspect/inspect-host.ts'
import { applyTimeoutMs } from './apply-timeout.ts'
import { confirm } from './confirm.ts'
import { type ApplyOptions, newRun, startedBy } from './run.ts'
import { type RunRecord, recordRun } from './run-record.ts'

export interface ApplyHostInput {
  readonly planned: Extract<HostPlan, { status: 'planned' }>
  readonly host: Host
  readonly connections: Connections
  readonly programs: HostPrograms
  readonly onProgress: (event: Progress) => void
  readonly options: ApplyOptions
  /** Who started the run and when: the same on all of its hosts. */
  readonly by: string
  /** What the way back holds the host for. */
  readonly catalog: HostCatalog
}

/** Uploads what the plan writes, starts its program on the host and follows it to its end, over a lost connection too. */
export async function applyHost({
  planned,
  host,
  connections,
  programs,
  onProgress,
  options,
  by,
  catalog,
}: ApplyHostInput): Promise<HostReport> {
  if (planned.changes.length === 0) return { host: host.name, status: 'unchanged' }
  const run = newRun(host, programs.cluster, by, options)
  const record = recordRun(planned, onProgress, options.confirmWithinSeconds)
  const revert =
    options.confirmWithinSeconds === undefined
      ? undefined
      : revertProgram(planWayBack(planned, catalog, `${run.by}, not confirmed`), run, programs.library)
  try {
    await upload(planned, run, connections, onProgress)
    await start({ planned, run, record, connections, library: programs.library, revert })
    if (revert !== undefined && record.report().status === 'changed')
      await confirm(run, host.name, connections)
  } catch (error) {
    if (!(error instanceof ConvergeError)) throw error
    return record.failed(error)
  }
  return record.report()
}

function plannedChanges({ changes, facts, bookkeeping }: ApplyHostInput['planned']): PlannedChanges {
  return { changes, journal: facts.journal, ...(bookkeeping === undefined ? {} : { bookkeeping }) }
}

/** The program that applyHost would run on the host, for people to read. */
export function scriptFor(
  planned: ApplyHostInput['planned'],
  host: Host,
  { cluster, library }: HostPrograms,
): string {
  return planProgram(plannedChanges(planned), newRun(host, cluster, startedBy(), {}), library)
}

async function upload(
  { host, changes }: ApplyHostInput['planned'],
  run: Run,
  connections: Connections,
  onProgress: (event: Progress) => void,
): Promise<void> {
  const uploads = new Map<string, Upload>()
  for (const { operation } of changes) {
    if (operation.op !== 'write') continue
    const { sha256, data, encoding } = operation.content
    uploads.set(sha256, { name: sha256, bytes: Buffer.from(data, encoding) })
  }
  if (uploads.size === 0) return
  const files = [...uploads.values()]
  const sizeBytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  onProgress({ event: 'uploading', host, files: files.length, sizeBytes })
  const connection = await connections.get(host)
  await connection.upload(run.stagingDir, files)
}

interface Start {
  readonly planned: ApplyHostInput['planned']
  readonly run: Run
  readonly record: RunRecord
  readonly connections: Connections
  readonly library: HostLibrary
  readonly revert: string | undefined
}

async function start({ planned, run, record, connections, library, revert }: Start): Promise<void> {
  const program = launchProgram(planProgram(plannedChanges(planned), run, library), run, library, revert)
  const timeoutMs = applyTimeoutMs(planned.changes) + (run.lockWaitSeconds ?? 0) * 1000
  let first = true
  for (const pauseMs of reconnectPausesMs) {
    try {
      const connection = first ? await connections.get(planned.host) : await connections.renew(planned.host)
      record.beginning()
      const { exitCode, stderr } = await connection.exec({
        program,
        timeoutMs,
        maxOutputBytes: baseResultBytes + planned.changes.length * changeResultBytes,
        onStdout: readLines(record),
      })
      if (!record.ended()) throw endedEarly(planned.host, exitCode, stderr)
      return
    } catch (error) {
      // The host goes on by itself: the view is resumed where the connection allows it, and a run that was cut off
      // before it began begins now.
      const resumable = error instanceof ConvergeError && lostCodes.has(error.code)
      if (!resumable || pauseMs === undefined) throw error
      first = false
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

/** Far more than the result lines of an apply and what a failed step printed, of which the host tells the end only. */
const baseResultBytes = 1024 * 1024
const changeResultBytes = 1024

const lostCodes: ReadonlySet<string> = new Set(['connection-lost', 'connect-failed', 'connect-timeout'])
/** Pauses before each new try to resume the view; after the last one the error stands. */
const reconnectPausesMs = [200, 1000, 3000, 6000, 12_000, undefined] as const

function readLines(record: RunRecord): (chunk: Uint8Array) => void {
  return lineSplitter((line) => {
    const event = parseResultLine(line)
    if (event !== undefined) record.take(event)
  })
}

/** The exit code of the launch where it could not even start the program. */
const launchFailed = 70

function endedEarly(host: string, exitCode: number | undefined, stderr: string): CommandError {
  return new CommandError(stderr.trim().split('\n').at(-1) || 'the apply program ended without a result', {
    host,
    step: 'apply',
    exitCode,
    stderr,
    remedy:
      exitCode === launchFailed
        ? 'Nothing was touched. Mend that, or set `stateDir` under `platform` to a directory that can be written to.'
        : 'Nothing is lost: run converge again, it goes on from what the host has recorded.',
  })
}
