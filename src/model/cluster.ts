import { Type } from 'typebox'
import type { Position, Problem, TextLine } from './diagnostic.ts'
import type { Path } from './path.ts'
import type { Platform } from './platform.ts'
import type { Data } from './schema.ts'
import type { Target } from './targets/index.ts'
import { NO_VALUES, type Value, type ValueMap } from './value.ts'

/** The names that a cluster may have: each is a folder on its hosts. */
export const clusterNamePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'

/** What one layer says of a value. `layer` is `role fleet`, `recipe etcd (default)`, `--set`, ... */
export interface Setting {
  readonly layer: string
  /** As written; null removes what weaker layers set. */
  readonly value: Value
  readonly effect: 'sets' | 'removes' | 'overridden'
  readonly position?: Position
  /** The paths in the scope of expressions that those in it refer to. */
  readonly refersTo: readonly Path[]
}

/** Where the values of a host come from. */
export interface Trace {
  /** What expressions can refer to, and the settings of transports; its expressions are not evaluated. */
  readonly scope: ValueMap
  /** The same, evaluated. */
  readonly values: ValueMap
  /** The layers that set anything, weakest first. */
  readonly layers: readonly string[]
  /** The host's roles, and where each is listed. */
  readonly roles: readonly Setting[]
  /** Every layer that sets or removes the leaf at a path of the scope, weakest first. */
  settings(path: Path): readonly Setting[]
}

/** The trace of a host that no spec declares. */
export const noTrace = (): Trace => ({
  scope: NO_VALUES,
  values: NO_VALUES,
  layers: [],
  roles: [],
  settings: () => [],
})

/** One entry of a host's expanded run list. */
export interface RecipeUse {
  readonly recipe: string
  /** The layer that listed it, such as `role fleet` or `host infra0`. */
  readonly layer: string
  readonly position?: Position
}

/** One entry under `resources:` of a role or host: `{ kind, desired }`, expressions already evaluated. */
export interface ResourceDeclaration {
  readonly kind: string
  readonly desired: ValueMap
  readonly layer: string
  readonly position?: Position
  /** Where in the spec it is. */
  readonly path?: Path
  /** The item of `forEach` that it is for: its key or index, and where it was written. */
  readonly item?: { readonly key: string; readonly position?: Position }
  /** The place in the spec of a key within it, or of a line of the text there. */
  locate?(path: Path, line: TextLine | undefined): Position | undefined
}

/** An entry under `resources:` that makes nothing: its `when` is false, or its `forEach` has no items. */
export interface LeftOut extends Omit<ResourceDeclaration, 'desired' | 'item'> {
  readonly isLeftOut: true
}

/** One part of what a host is to have, in the order of the spec. */
export type Declaration = RecipeUse | ResourceDeclaration | LeftOut

/** What a host is called by selectors, such as its failure domain: `zone: eu-1a`. */
export const Labels = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]*$' }),
  Type.String({
    pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$',
    description:
      'letters, digits, dots, hyphens and underscores, as text; it begins and ends with a letter or digit',
  }),
  {
    description:
      'a map of labels, whose names consist of letters, digits, dots, hyphens, underscores and slashes; what selectors know this host by, such as `zone: eu-1a`',
  },
)
export type Labels = Data<typeof Labels>

export interface Host {
  readonly name: string
  /** Position within its range, from 0; 0 for a host without a range. */
  readonly index: number
  /** Address by which peers reach it. */
  readonly address: string
  /** Address by which the world reaches it, if that is declared. */
  readonly publicAddress?: string
  readonly target: Target
  readonly platform: Platform
  readonly environment: string | undefined
  readonly labels: Labels
  readonly roles: readonly string[]
  readonly attributes: ValueMap
  /** The recipes that its roles and it list, each once, in order. */
  readonly runList: readonly RecipeUse[]
  /**
   * What its roles list, role by role, then what it lists itself: of each the recipes, then the resources. These are
   * evaluated with each call, because those of many hosts are too much to keep; what is wrong is in `Cluster.mistakes`.
   */
  declarations(): readonly Declaration[]
  /** Where its values come from. */
  trace(): Trace
  readonly position?: Position
}

/** The resolved spec: every host with its merged attributes and run list, in spec order. */
export interface Cluster {
  readonly name: string
  readonly environment: string | undefined
  /** The contents of the files of `data`, by name. */
  readonly data: ValueMap
  /** The spec's file as given. */
  readonly file: string
  /** The folder below which all of its files are: the repository, outside of git the spec's folder. */
  readonly root: string
  readonly hosts: readonly Host[]
  /** What is wrong with the resources that its hosts have declared so far. */
  mistakes(): readonly Problem[]
}
