import type { Target } from './targets/index.ts'

export interface ExecOptions {
  /** The program; it is sent on stdin to `/bin/sh -s` that runs with root's rights where the target asks for them. */
  readonly program: string
  /** Called when the program is about to be sent: until then nothing can have begun on the host. */
  readonly onSend?: () => void
  /** Called with each piece of stdout as it arrives. */
  readonly onStdout?: (chunk: Uint8Array) => void
  readonly timeoutMs: number
  /** Past this many bytes of stdout and stderr together the exec is ended with `answer-unreadable`. Default 64 MiB. */
  readonly maxOutputBytes?: number
  /** Ends the exec with the signal's reason. What the program has started on the host may go on. */
  readonly signal?: AbortSignal
}

export interface ExecResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined
  readonly stdout: Uint8Array
  readonly stderr: string
}

export interface Upload {
  /** File name without slashes, within the staging directory. */
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * One open way to one host. Every failure is a ConvergeError that names host, step and remedy, except the reason of a
 * signal, which is thrown as it is. Closing twice is fine.
 */
export interface Connection {
  readonly host: string
  exec(options: ExecOptions): Promise<ExecResult>
  /**
   * Creates `directory` (an absolute path that must not exist; mode 0700, owned by the login user) and puts the
   * files into it with mode 0600. Paths are the host's own: below the root tree where there is one. The signal ends it
   * with its reason. Whatever ends it, nothing is left behind as far as the host allows.
   */
  upload(directory: string, files: readonly Upload[], signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface ConnectOptions {
  readonly host: string
  readonly target: Target
  /** Asked for at most once per host, and only where sudo wants one. Undefined: there is none. */
  readonly sudoPassword?: () => Promise<string | undefined>
  /** Ends the attempt with the signal's reason; the connection itself is no longer concerned. */
  readonly signal?: AbortSignal
}

/** A way to reach hosts of one kind of target. `close` releases what connections shared (jump hosts). */
export interface Transport {
  connect(options: ConnectOptions): Promise<Connection>
  close(): Promise<void>
}
