import type { Diagnostic } from './diagnostic.ts'
import type { ResourceId } from './resource.ts'

/** The user's mistakes: the spec, a recipe's input, the command line. Exit code 3; nothing was contacted. */
export class SpecError extends Error {
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.message).join('\n'))
    this.name = 'SpecError'
    this.diagnostics = diagnostics
  }
}

export type WorldErrorCode =
  | 'connect-failed'
  | 'connect-timeout'
  | 'authentication-failed'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'host-key-revoked'
  | 'connection-lost'
  | 'sudo-failed'
  | 'command-failed'
  | 'answer-unreadable'
  | 'upload-failed'
  | 'platform-mismatch'
  | 'host-changed'
  | 'locked'
  | 'resource-conflict'
  | 'bootstrap-refused'
  | 'unconfirmed'
  | 'timeout'
  | 'unsupported'

export interface WorldErrorFields {
  /** The host as it is named in the spec. */
  readonly host: string
  /** What was being done: `connect`, `inspect`, `upload`, `apply`. */
  readonly step: string
  /** What the user can do about it, one sentence. */
  readonly remedy?: string
  readonly cause?: unknown
}

/** A failure of the world: a host, a network, a command. The message is one short line; the rest is in the fields. */
export class ConvergeError extends Error {
  readonly code: WorldErrorCode
  readonly host: string
  readonly step: string
  readonly remedy: string | undefined

  constructor(code: WorldErrorCode, message: string, fields: WorldErrorFields) {
    super(message, { cause: fields.cause })
    this.name = 'ConvergeError'
    this.code = code
    this.host = fields.host
    this.step = fields.step
    this.remedy = fields.remedy
  }
}

/** A host could not be reached, or did not let us in. */
export class ConnectError extends ConvergeError {
  constructor(code: WorldErrorCode, message: string, fields: WorldErrorFields) {
    super(code, message, fields)
    this.name = 'ConnectError'
  }
}

/** A command on a host failed. `stderr` is whole; the message is short. */
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

/** What a host has stands in the way of a resource, and converge does not clear it away by itself. */
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
