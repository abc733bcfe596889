/** A place in a text file; line and column count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
  /** Length in characters of what is meant, at least 1. */
  readonly length?: number
}

/** What is wrong, and what to do about it: a sentence each. */
export interface Mistake {
  readonly message: string
  readonly hint?: string
}

/** A mistake in what the user wrote. */
export interface Problem extends Mistake {
  /** A stable kebab-case word, such as `unknown-key`. */
  readonly code: string
  /** The dotted path in the spec (`hosts.infra0.roles[1]`), if the mistake has one. */
  readonly path?: string
  readonly position?: Position
}

/** A problem as it is shown, with a code frame, together with all others. */
export interface Diagnostic extends Problem {
  readonly severity: 'error' | 'warning'
  /** Empty if there is none. */
  readonly path: string
}
