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
  /** One line of answer; undefined when Ctrl-C or Ctrl-D was pressed instead. */
  ask(question: string): Promise<string | undefined>
  /** As `ask`, without echo. */
  askSecret(question: string): Promise<string | undefined>
  /** Undefined if stderr is not a terminal. */
  readonly live: LiveLines | undefined
  /** Calls the listener on the first interrupt instead of ending the process. Returns how to stop listening. */
  onInterrupt(listener: () => void): () => void
}
