import type { Target } from './targets/index.ts'

export interface ExecOptions {
  /** The program; sent on stdin to `/bin/sh -s`, which runs as root if the target asks for that. */
  readonly program: string
  /** Called before the program is sent: until then nothing has started on the host. */
  readonly onSend?: () => void
  /** Called with each piece of stdout as it arrives. */
  readonly onStdout?: (chunk: Uint8Array) => void
  readonly timeoutMs: number
  /** After this many bytes of stdout and stderr together the exec ends with `answer-unreadable`. Default 64 MiB. */
  readonly maxOutputBytes?: number
  /** Ends the exec with the signal's reason. What the program started on the host may continue. */
  readonly signal?: AbortSignal
}

export interface ExecResult {
  /** Undefined if a signal ended it. */
  readonly exitCode: number | undefined
  readonly stdout: Uint8Array
  readonly stderr: string
}

export type Upload = {
  /** File name without slashes, within the staging directory. */
  readonly name: string
} & (
  | { readonly bytes: Uint8Array }
  | { /** Of this machine. */ readonly file: string; readonly sizeBytes: number }
)

/** A connection to one host. It fails with a ConvergeError, or with the reason of a signal. Closing twice is allowed. */
export interface Connection {
  readonly host: string
  exec(options: ExecOptions): Promise<ExecResult>
  /**
   * Creates `directory` (an absolute path that must not exist; mode 0700, owned by the login user) and puts the files
   * into it with mode 0600. After a failure the files are removed as far as the host allows.
   */
  upload(directory: string, files: readonly Upload[], signal?: AbortSignal): Promise<void>
  /** Writes a file of the host, which the login user can read, to a new file of this machine, with mode 0600. */
  download(path: string, file: string, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface ConnectOptions {
  readonly host: string
  readonly target: Target
  /** Called at most once per host, and only if sudo requires a password. Undefined: there is none. */
  readonly sudoPassword?: () => Promise<string | undefined>
  /** Ends the attempt with the signal's reason; does not affect an open connection. */
  readonly signal?: AbortSignal
}

/** Connects to hosts of one kind of target. `close` releases shared jump connections. */
export interface Transport {
  connect(options: ConnectOptions): Promise<Connection>
  close(): Promise<void>
}
