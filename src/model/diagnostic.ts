/** A place in a text file; line and column count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
  /** Length in characters of what is meant, at least 1. */
  readonly length?: number
}

/**
 * One thing that is wrong (or doubtful) in what the user wrote. All of them are collected and shown together, each
 * with a code frame. `path` is the dotted path in the spec (`hosts.infra0.roles[1]`), empty where there is none.
 */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** A stable kebab-case word, such as `unknown-key`. */
  readonly code: string
  readonly path: string
  readonly message: string
  /** What to do about it, one sentence. */
  readonly hint?: string
  readonly position?: Position
}
