import type { Stop } from '../../model/stop.ts'
import type { LiveLines, Output } from '../../report/views/view.ts'

/**
 * 0: success. 1: a host failed, refused or was unreachable, or converge failed. 2: a dry run found changes (--exit-code).
 * 3: the spec or the command line is wrong; no host was changed. 130: interrupted.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 130

/** What a command may use of its process. Results go to stdout, progress and failures to stderr. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether there is a terminal to ask at. */
  readonly canAsk: boolean
  /** The answer, one line. Throws `Interrupted` for Ctrl-C and Ctrl-D, and when the signal is aborted. */
  ask(question: string, signal: AbortSignal): Promise<string>
  /** As `ask`, without echo. */
  askSecret(question: string, signal: AbortSignal): Promise<string>
  /** Everything on stdin. */
  readInput(): Promise<Buffer>
  /** Undefined if stderr is not a terminal. */
  readonly live: LiveLines | undefined
  /** While the work runs, Ctrl-C, SIGTERM and SIGHUP ask it to stop instead of ending the process. */
  stoppable<T>(work: (stop: Stop) => Promise<T>): Promise<T>
}
