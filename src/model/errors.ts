import { type Diagnostic, diagnosticOf, type Problem } from './diagnostic.ts'
import type { ResourceId } from './resource.ts'

/** The user's mistakes: the spec, a recipe's input, the command line. Exit code 3; no host was changed. */
export class SpecError extends Error {
  readonly problems: readonly Problem[]
  /** The texts of files that nobody can read any more. */
  readonly sources: ReadonlyMap<string, string>

  constructor(problems: readonly Problem[], sources: ReadonlyMap<string, string> = new Map()) {
    super(problems.map(({ message }) => message).join('\n'))
    this.name = 'SpecError'
    this.problems = problems
    this.sources = sources
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.problems.map((problem) => diagnosticOf('error', problem))
  }
}

/**
 * How far converge got with a host. `unreachable`: no connection, or it was lost. `refused`: the host did not let
 * converge in, or is not trusted. `failed`: something went wrong after that.
 */
export type Reach = 'unreachable' | 'refused' | 'failed'

const reaches = {
  'connect-failed': 'unreachable',
  'connect-timeout': 'unreachable',
  'connection-lost': 'unreachable',
  'authentication-failed': 'refused',
  'host-key-unknown': 'refused',
  'host-key-changed': 'refused',
  'host-key-revoked': 'refused',
  'sudo-failed': 'refused',
  'command-failed': 'failed',
  'answer-unreadable': 'failed',
  'upload-failed': 'failed',
  'download-failed': 'failed',
  'platform-mismatch': 'failed',
  'host-changed': 'failed',
  locked: 'failed',
  'resource-conflict': 'failed',
  'bootstrap-refused': 'failed',
  'no-healthy-member': 'failed',
  unconfirmed: 'failed',
  'reboot-failed': 'failed',
  'not-undone': 'failed',
  timeout: 'failed',
  'local-command': 'refused',
  unsupported: 'failed',
} as const satisfies Readonly<Record<string, Reach>>

export type WorldErrorCode = keyof typeof reaches

/** Each has a section in docs/errors.md. */
export const worldErrorCodes: readonly string[] = Object.keys(reaches)

export type WorldStep =
  | 'connect'
  | 'exec'
  | 'upload'
  | 'download'
  | 'inspect'
  | 'history'
  | 'plan'
  | 'apply'
  | 'confirm'
  | 'reboot'
  | 'state'

export interface WorldErrorFields {
  /** Name of the host in the spec. */
  readonly host: string
  readonly step: WorldStep
  /** What the user can do: `Check that the host is up and sshd listens there.` */
  readonly remedy?: string
  /** The connection failed before it carried any work, which may be done over another one. */
  readonly nothingSent?: true
  readonly cause?: unknown
}

/** A failure of a host, the network or a command. The message is one short line; details are in the fields. */
export class ConvergeError extends Error {
  readonly code: WorldErrorCode
  readonly host: string
  readonly step: WorldStep
  readonly remedy: string | undefined
  readonly nothingSent: boolean

  constructor(code: WorldErrorCode, message: string, fields: WorldErrorFields) {
    super(message, { cause: fields.cause })
    this.name = 'ConvergeError'
    this.code = code
    this.host = fields.host
    this.step = fields.step
    this.remedy = fields.remedy
    this.nothingSent = fields.nothingSent ?? false
  }
}

export function reachOf({ code }: ConvergeError): Reach {
  return reaches[code]
}

/** The user ended the command, or its session was closed. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted')
    this.name = 'Interrupted'
  }
}

/** A command on a host failed. `stderr` is complete; the message is short. */
export class CommandError extends ConvergeError {
  readonly exitCode: number | undefined
  readonly stderr: string

  constructor(
    message: string,
    fields: WorldErrorFields & {
      readonly code?: WorldErrorCode
      readonly exitCode: number | undefined
      readonly stderr: string
    },
  ) {
    super(fields.code ?? 'command-failed', message, fields)
    this.name = 'CommandError'
    this.exitCode = fields.exitCode
    this.stderr = fields.stderr
  }
}

/** Something on a host is in the way of a resource, and converge does not remove it. */
export class ResourceConflict extends Error {
  readonly resource: ResourceId
  /** What the user can do about it, one sentence. */
  readonly remedy: string

  constructor(resource: ResourceId, message: string, remedy: string) {
    super(message)
    this.name = 'ResourceConflict'
    this.resource = resource
    this.remedy = remedy
  }
}

/** A bug in converge or in a recipe's contract with it. */
export class InternalError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'InternalError'
  }
}

/** The code of a failed system call, such as `ENOENT`. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
