import type { Diagnostic } from '../../model/diagnostic.ts'
import type { ConvergeError } from '../../model/errors.ts'
import type { Plan } from '../../model/plan.ts'
import type { Progress, Report } from '../../model/report.ts'
import type { Drift } from '../hosts/drift.ts'
import type { HostStatus } from '../hosts/host-status.ts'
import type { Answer } from '../hosts/render-exec.ts'
import type { RecordedHost } from '../hosts/render-history.ts'
import type { PlanCommand } from '../json/plan.ts'
import type { ApplyCommand } from '../json/report.ts'
import type { Style } from '../text/style.ts'

/**
 * What a command shows, in one output format. Results go to stdout; progress, warnings and failures to stderr, unless the
 * format has a place for them on stdout.
 */
export interface View {
  /** Whether a person reads it, who can be asked for consent. */
  readonly canAsk: boolean
  progress(event: Progress): void
  /** What is doubtful in a spec that a command goes on with. */
  warnings(diagnostics: readonly Diagnostic[]): void
  /** What is wrong or doubtful, as the result of a command. */
  diagnostics(diagnostics: readonly Diagnostic[]): void
  /** A plan that is the result of a command. */
  plan(plan: Plan, command: PlanCommand): void
  /** A plan that will be applied, after consent if that is needed. */
  proposal(plan: Plan, command: ApplyCommand): void
  /** A plan without changes: nothing is applied. */
  idle(plan: Plan, command: ApplyCommand): void
  /** How the apply of a plan came out. */
  report(report: Report, plan: Plan, command: ApplyCommand): void
  drift(drift: Drift): void
  status(cluster: string, hosts: readonly HostStatus[]): void
  history(cluster: string, hosts: readonly RecordedHost[]): void
  answers(cluster: string, commandLine: string, answers: readonly Answer[]): void
  /** Lines for people, which say no more than the documents of other formats do. */
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

/** Where a view prints, and how. */
export interface ViewContext {
  /** The command's name. */
  readonly command: string
  readonly stdout: Output
  readonly stderr: Output
  /** A place on the terminal for progress; undefined if stderr is not a terminal. */
  readonly live: LiveLines | undefined
  /** Shows more: unchanged hosts, long diffs, more of the progress. */
  readonly verbose: boolean
  /** The text of the files that the diagnostics are about, as far as they can be read. */
  readSources(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, string>
}

export interface Output {
  readonly style: Style
  write(text: string): void
}

/** Lines at the end of a terminal that are drawn again and again, and give way to everything else that is printed. */
export interface LiveLines {
  readonly columns: number
  /** Draws soon, and not for every call. */
  draw(render: () => string): void
  /** Takes the lines away, and forgets a drawing that is due. */
  erase(): void
}
