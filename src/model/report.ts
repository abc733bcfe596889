import { type ConvergeError, type Reach, reachOf } from './errors.ts'
import type { Change, Owed } from './plan.ts'

/** How one change went on the host. `skipped`: its guard did not allow it. */
export interface ChangeResult {
  readonly change: Change
  readonly outcome: 'applied' | 'skipped'
}

/** A host that could not be planned or applied, or not to the end. */
export interface FailedReport {
  readonly host: string
  readonly status: Reach
  readonly error: ConvergeError
  readonly results: readonly ChangeResult[]
  /** The change that failed, if it was one. */
  readonly failed?: Change
  /** Changes that were not reached. */
  readonly notReached: readonly Change[]
  /** Notifications that were earned and are kept for the next run. */
  readonly pending: readonly Owed[]
}

/** The report of a host's failure, with what is known of the apply besides. */
export function failedReport(
  host: string,
  error: ConvergeError,
  known: Partial<Pick<FailedReport, 'results' | 'failed' | 'notReached' | 'pending'>> = {},
): FailedReport {
  return { host, status: reachOf(error), error, results: [], notReached: [], pending: [], ...known }
}

/** How one host came out of an apply. */
export type HostReport =
  | { readonly host: string; readonly status: 'unchanged' }
  /** Left alone, because a rollback holds it: by whom and since when. */
  | { readonly host: string; readonly status: 'held'; readonly held: string }
  | { readonly host: string; readonly status: 'changed'; readonly results: readonly ChangeResult[] }
  /** Applied, but a fresh inspect still finds differences. */
  | {
      readonly host: string
      readonly status: 'unsettled'
      readonly results: readonly ChangeResult[]
      readonly remaining: readonly Change[]
    }
  | FailedReport
  /** The apply never began there: an earlier wave failed, its wave was not allowed to begin, or the run was stopped. */
  | { readonly host: string; readonly status: 'not-started'; readonly reason: string }
  /** The user had converge leave before it was known how the host comes out; what is known so far. */
  | {
      readonly host: string
      readonly status: 'left-running'
      readonly results: readonly ChangeResult[]
      readonly remedy: string
    }

/** Whether the apply did on the host what there was to do. */
export function isWell({ status }: HostReport): boolean {
  return status === 'changed' || status === 'unchanged' || status === 'held'
}

export interface Report {
  readonly cluster: string
  readonly hosts: readonly HostReport[]
  readonly durationMs: number
}

/** What the engine tells while it works; renderers turn it into a live view or into plain lines. */
export type Progress =
  | {
      readonly event: 'phase'
      readonly phase: 'inspect' | 'apply' | 'verify' | 'ask'
      readonly hosts: readonly string[]
    }
  | { readonly event: 'connecting'; readonly host: string }
  | { readonly event: 'inspected'; readonly host: string }
  /** A host's turn in the phase `ask` is over. */
  | { readonly event: 'answered'; readonly host: string }
  | { readonly event: 'wave'; readonly wave: number; readonly of: number; readonly hosts: readonly string[] }
  | { readonly event: 'uploading'; readonly host: string; readonly files: number; readonly sizeBytes: number }
  | { readonly event: 'change-started'; readonly host: string; readonly change: Change }
  | {
      readonly event: 'change-done'
      readonly host: string
      readonly change: Change
      readonly outcome: 'applied' | 'skipped'
    }
  | { readonly event: 'host-done'; readonly host: string; readonly report: HostReport }
