import type { Stop } from '../../model/stop.ts'
import type { Style } from '../../report/text/style.ts'

/**
 * 0: as asked. 1: a host failed, refused or was unreachable, or converge itself did. 2: a dry run found changes (--exit-code).
 * 3: the spec or the command line is wrong; nothing was contacted. 130: interrupted.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 130

export interface Output {
  readonly isTTY: boolean
  readonly style: Style
  write(text: string): void
}

/** A few lines at the end of a terminal that are drawn over and over. */
export interface LiveView {
  readonly columns: number
  draw(text: string): void
  clear(): void
}

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
  /** Undefined where stderr is no terminal. */
  liveView(): Promise<LiveView | undefined>
  /** While the work runs, Ctrl-C, SIGTERM and SIGHUP do not end the process, but ask the work to stop. */
  stoppable<T>(work: (stop: Stop) => Promise<T>): Promise<T>
}
