import type { Stop } from '../../model/stop.ts'
import type { LiveLines, Output } from '../../report/views/view.ts'

/**
 * 0: as asked. 1: a host failed, refused or was unreachable, or converge itself did. 2: a dry run found changes (--exit-code).
 * 3: the spec or the command line is wrong; nothing was contacted. 130: interrupted.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 130

/** What a command may use of the process around it. Results go to stdout, everything about the way there to stderr. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether there is somebody at a terminal to answer. */
  readonly canAsk: boolean
  /** One line of answer. Throws `Interrupted` for Ctrl-C and Ctrl-D, and the signal's reason. */
  ask(question: string, signal: AbortSignal): Promise<string>
  /** As `ask`, without echo. */
  askSecret(question: string, signal: AbortSignal): Promise<string>
  /** Undefined if stderr is not a terminal. */
  readonly live: LiveLines | undefined
  /** While the work runs, Ctrl-C, SIGTERM and SIGHUP do not end the process, but ask the work to stop. */
  stoppable<T>(work: (stop: Stop) => Promise<T>): Promise<T>
}
