import { given } from './given.ts'
import { formatPath, type Path } from './path.ts'
import type { SpecCode } from './spec-codes.ts'

/** A place in a text file; line and column count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
  /** Length in characters, at least 1. */
  readonly length?: number
}

/** What is wrong, and how to fix it. */
export interface Mistake {
  readonly message: string
  readonly hint?: string | undefined
}

/** A mistake in what the user wrote, and where. */
export interface Problem extends Mistake {
  readonly code: SpecCode
  /** Where in the spec, or within a resource. */
  readonly path?: Path
  /** The line of the text at the path, counted from 1. */
  readonly line?: TextLine
  readonly position?: Position | undefined
  /** The line there may hold a secret. */
  readonly isPrivate?: true
}

/** A line of a text, counted from 1. */
export interface TextLine {
  readonly number: number
  readonly text: string
}

/** A problem for output, as text with a code frame or as JSON. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly code: SpecCode
  /** Dotted (`hosts.infra0.roles[1]`); empty if the problem has none. */
  readonly path: string
  readonly message: string
  readonly hint?: string
  readonly position?: Position
  /** Its line is not shown. */
  readonly isPrivate?: true
}

export function diagnosticOf(severity: Diagnostic['severity'], problem: Problem): Diagnostic {
  const { code, path = [], message, hint, position, isPrivate } = problem
  const optional = given({ hint: hint || undefined, position, isPrivate })
  return { severity, code, path: formatPath(path), message, ...optional }
}
