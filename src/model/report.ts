import { type ConvergeError, type Reach, reachOf } from './errors.ts'
import type { Change, Owed } from './plan.ts'

/** How one change went on the host. `skipped`: its guard did not allow it. */
export interface ChangeResult {
  readonly change: Change
  readonly outcome: 'applied' | 'skipped'
}

/** The line of an output that says most, and the end of the output. */
export interface Said {
  readonly line: string
  readonly output: string
}

/** A host that could not be planned, or not applied to the end. */
export interface FailedReport {
  readonly host: string
  readonly status: Reach
  readonly error: ConvergeError
  readonly results: readonly ChangeResult[]
  /** The change that failed, if any. */
  readonly failed?: Change
  /** Changes that were not reached. */
  readonly notReached: readonly Change[]
  /** Notifications that stay pending for the next run. */
  readonly pending: readonly Owed[]
}

/** The report of a host's failure. */
export function failedReport(
  host: string,
  error: ConvergeError,
  known: Partial<Pick<FailedReport, 'results' | 'failed' | 'notReached' | 'pending'>> = {},
): FailedReport {
  return { host, status: reachOf(error), error, results: [], notReached: [], pending: [], ...known }
}

/** The outcome of an apply on one host. */
export type HostReport =
  | { readonly host: string; readonly status: 'unchanged' }
  /** Skipped, because a rollback holds it: by whom and since when. */
  | { readonly host: string; readonly status: 'held'; readonly held: string }
  | { readonly host: string; readonly status: 'changed'; readonly results: readonly ChangeResult[] }
  /** Applied, but a fresh inspect still finds differences. */
  | {
      readonly host: string
      readonly status: 'unsettled'
      readonly results: readonly ChangeResult[]
      readonly remaining: readonly Change[]
      /** What systemd says of the units that ended again. */
      readonly said?: Said
    }
  | FailedReport
  /** The apply never started: an earlier wave failed, the gate of its wave was closed, or the run was stopped. */
  | {
      readonly host: string
      readonly status: 'not-started'
      readonly reason: string
      /** What the members that keep the gate closed print, and systemd says of their units. */
      readonly said?: Said
    }
  /** The user had converge leave before the host finished. */
  | {
      readonly host: string
      readonly status: 'left-running'
      readonly results: readonly ChangeResult[]
      readonly remedy: string
    }

/** Whether the apply did everything that there was to do. */
export function isWell({ status }: HostReport): boolean {
  return status === 'changed' || status === 'unchanged' || status === 'held'
}

export interface Report {
  readonly cluster: string
  readonly hosts: readonly HostReport[]
  readonly durationMs: number
}

/** Progress events of the engine, shown as a live view or as lines. */
export type Progress =
  | {
      readonly event: 'phase'
      readonly phase: 'inspect' | 'apply' | 'verify' | 'ask'
      readonly hosts: readonly string[]
    }
  /** `answered`: a host has answered in the phase `ask`, or failed to. */
  | { readonly event: 'connecting' | 'inspected' | 'answered'; readonly host: string }
  | { readonly event: 'wave'; readonly wave: number; readonly of: number; readonly hosts: readonly string[] }
  /** Between two waves. */
  | { readonly event: 'pause'; readonly seconds: number }
  /** For members of a group that keep the gate of a wave closed, at most so long. */
  | {
      readonly event: 'waiting'
      readonly group: string
      readonly hosts: readonly string[]
      readonly seconds: number
    }
  | { readonly event: 'uploading'; readonly host: string; readonly files: number; readonly sizeBytes: number }
  | { readonly event: 'change-started'; readonly host: string; readonly change: Change }
  | ({ readonly event: 'change-done'; readonly host: string } & ChangeResult)
  | { readonly event: 'host-done'; readonly host: string; readonly report: HostReport }
