import type { Answers, Probe, UnitFact } from '../model/facts.ts'
import type { Content, Operation, OperationTypes } from '../model/operation.ts'

/** The state before an operation, as needed to undo it. `null`: it did not exist. */
export interface Before {
  readonly paths: Answers['paths']
  readonly units: Readonly<Record<string, Pick<UnitFact, 'active' | 'file'>>>
  readonly users: Answers['users']
  readonly groups: Answers['groups']
  readonly packages: Answers['packages']
  readonly objects?: Answers['objects']
}

/** What an operation puts at its path, for `render`. */
export type TreeNode =
  | { readonly type: 'file'; readonly content: Content; readonly mode: string; readonly sensitive: boolean }
  | { readonly type: 'directory'; readonly mode: string }
  | { readonly type: 'link'; readonly target: string }

/**
 * The place of an undoing operation in an undo: (0) units stop, (1) paths are removed, deepest first, (2) accounts and
 * packages return, units are unmasked, (3) paths return, shallowest first, (4) accounts and packages are removed, (5) units start.
 */
export type UndoRank = 0 | 1 | 2 | 3 | 4 | 5

/** The rules of one operation. The functions are pure. */
export interface OperationRules<Type extends Operation> {
  /** What it acts on: of several undoing operations with the same subject the oldest one wins. */
  subject(operation: Type): string
  /** What shows whether it is needed, and what its inverse restores. */
  probes(operation: Type): readonly Probe[]
  /** Whether it would change anything, so that an interrupted undo continues. */
  isNeeded(operation: Type, facts: Answers): boolean
  /** The operations that undo it. `kept` names the kept file that holds what was at its path. */
  inverse(operation: Type, before: Before, kept: string): readonly Operation[]
  /** Whether its inverse leaves something as the operation made it, so that a rollback names it. */
  outlasts(operation: Type, before: Before): boolean
  undoRank(operation: Type): UndoRank
  /** What the host then answers of what it acts on, as far as that is known; without contents. */
  after(operation: Type, before: Partial<Answers>): Partial<Answers>
  /** Whether the file at its path is replaced, so that its content is kept first. */
  readonly replacesFile: boolean
  /** Whether systemd must read its unit files again, if the path is one of these. */
  readonly changesUnitFiles: boolean
  /** Whether it runs programs whose writes may not be on disk yet. */
  readonly leavesUnsynced: boolean
  /** A generous limit, reached only if something hangs. */
  timeoutSeconds(operation: Type): number
  /** What it does, in words on one line. With the host's facts, accounts are `create`d or `change`d; without, `set`. */
  words(operation: Type, facts?: Answers): string
  /** The host library's function (`do_NAME`, `is_NAME`) without its prefix, then the arguments. */
  shell(operation: Type): readonly string[]
  /** Undefined if it puts nothing at a path that `render` could show. */
  node(operation: Type): TreeNode | undefined
}

export type RulesByOperation = { readonly [Op in keyof OperationTypes]: OperationRules<OperationTypes[Op]> }

/** For an operation that cannot be undone and always runs. */
export const runsOnly = {
  probes: (): readonly Probe[] => [],
  isNeeded: () => true,
  inverse: (): readonly Operation[] => [],
  undoRank: (): UndoRank => 4,
}

/** For an operation without a path. */
export const hasNoPath = {
  outlasts: (): boolean => false,
  after: () => ({}),
  replacesFile: false,
  changesUnitFiles: false,
  node: () => undefined,
} as const

/** ` (a, b)` for the given parts; empty if there are none. */
export function details(...parts: readonly (string | false | undefined)[]): string {
  const said = parts.filter((part) => part !== false && part !== undefined)
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}

export function yesNo(value: boolean): string {
  return value ? 'yes' : 'no'
}
