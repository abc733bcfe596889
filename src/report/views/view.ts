import type { Diagnostic } from '../../model/diagnostic.ts'
import type { ConvergeError } from '../../model/errors.ts'
import type { Explanation } from '../../model/explanation.ts'
import type { Plan } from '../../model/plan.ts'
import type { Progress, Report } from '../../model/report.ts'
import type { Drift } from '../hosts/drift.ts'
import type { EtcdSnapshot } from '../hosts/etcd-snapshot.ts'
import type { HostStatus } from '../hosts/host-status.ts'
import type { Answer } from '../hosts/render-exec.ts'
import type { RecordedHost } from '../hosts/render-history.ts'
import type { PlanCommand } from '../json/plan.ts'
import type { ApplyCommand } from '../json/report.ts'
import type { RevisionDiff } from '../plan/revision-diff.ts'
import type { TestedCase } from '../recipes/recipe-tests.ts'
import type { SecretsListing, ShownSecret } from '../secrets/render-secrets.ts'
import type { Style } from '../text/style.ts'

/** What a command shows, in one output format. Results go to stdout, the rest to stderr, unless the format has it all. */
export interface View {
  /** Whether a person reads it, who can be asked for consent. */
  readonly canAsk: boolean
  progress(event: Progress): void
  /** Warnings about a valid spec. */
  warnings(diagnostics: readonly Diagnostic[]): void
  /** Errors and warnings as the result of a command; `sources` has the texts of files that cannot be read. */
  diagnostics(diagnostics: readonly Diagnostic[], sources?: ReadonlyMap<string, string>): void
  /** A plan that is the result of a command. */
  plan(plan: Plan, command: PlanCommand): void
  /** A plan that will be applied, after consent if that is needed. */
  proposal(plan: Plan, command: ApplyCommand): void
  /** A plan without changes: nothing is applied. */
  idle(plan: Plan, command: ApplyCommand): void
  /** The report of an apply. */
  report(report: Report, plan: Plan, command: ApplyCommand): void
  drift(drift: Drift): void
  /** How a spec changes hosts from one revision to another. */
  diff(diff: RevisionDiff): void
  status(cluster: string, hosts: readonly HostStatus[]): void
  history(cluster: string, hosts: readonly RecordedHost[]): void
  answers(cluster: string, commandLine: string, answers: readonly Answer[]): void
  explanation(cluster: string, explanation: Explanation): void
  recipeTests(cases: readonly TestedCase[]): void
  etcdSnapshot(snapshot: EtcdSnapshot): void

  /** Secrets without their values, and what was done with them. */
  secrets(listing: SecretsListing): void
  /** A secret with its value. */
  secret(secret: ShownSecret): void
  /** Lines for people; other formats have the same in their documents. */
  remark(...lines: readonly string[]): void
  failure(failure: Failure): void
}

/** What ended a command: a host, this machine, a bug, or the user. */
export type Failure =
  | { readonly kind: 'host'; readonly error: ConvergeError }
  | { readonly kind: 'system'; readonly message: string }
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string }
  /** The user stopped the command. */
  | { readonly kind: 'interrupted'; readonly message: string }

export interface ViewContext {
  /** The command's name. */
  readonly command: string
  readonly stdout: Output
  readonly stderr: Output
  /** A place on the terminal for progress; undefined if stderr is not a terminal. */
  readonly live: LiveLines | undefined
  /** Shows more: unchanged hosts, long diffs, more of the progress. */
  readonly verbose: boolean
  /** Shows one line per change of a plan. */
  readonly stat?: boolean
  /** The most that a format prints of a result if it is for a place that takes no more: bytes. */
  readonly maxBytes?: number
  /** Where the whole result is, if that is cut. */
  readonly wholeAt?: string
  /** The text of the files of the diagnostics, if readable. */
  readSources(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, string>
}

export interface Output {
  readonly style: Style
  write(text: string): void
  /** Shows a result that may be long, page by page; absent without a terminal. */
  readonly page?: (text: string) => void
}

/** Lines at the end of a terminal that are redrawn, and erased before any other output. */
export interface LiveLines {
  readonly columns: number
  /** Draws soon; several calls are drawn once. */
  draw(render: () => string): void
  /** Erases the lines, and cancels a pending draw. */
  erase(): void
}
