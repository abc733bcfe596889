import type { RecipeUse } from '../model/cluster.ts'
import type { Path } from '../model/path.ts'
import type { LoadedRecipe } from '../model/recipe.ts'
import type { ResourceKind } from '../model/resource.ts'
import type { TemplateCache } from './expressions/evaluate.ts'
import type { RangeMember } from './hosts/expand-range.ts'
import type { Layer, LayerStack } from './layers/layers.ts'
import type { Problems } from './problems.ts'
import type { ClusterSpec, HostSpec, RoleSpec } from './schema/cluster-schema.ts'
import type { Document } from './yaml/document.ts'

export interface Resolution {
  readonly spec: ClusterSpec
  readonly document: Document
  readonly recipes: Readonly<Record<string, LoadedRecipe>>
  readonly kinds: Readonly<Record<string, ResourceKind>>
  /** The cluster's environment, unless a host has its own. */
  readonly environment: string | undefined
  readonly setLayer: Layer
  readonly cache: TemplateCache
  readonly problems: Problems
}

/** What one role of a host, or the host itself, lists. */
export interface Section {
  readonly spec: HostSpec | RoleSpec | null
  readonly path: Path
  readonly layer: string
  /** Its recipes that no section before it has. */
  readonly recipes: readonly RecipeUse[]
}

/** One entry under `hosts:`, a host or a range, with everything that its hosts share. */
export interface HostEntry {
  readonly key: string
  readonly spec: HostSpec
  readonly path: Path
  readonly layer: string
  readonly members: Iterable<RangeMember>
  readonly environment: string | undefined
  readonly roles: readonly string[]
  readonly sections: readonly Section[]
  readonly runList: readonly RecipeUse[]
  readonly stack: LayerStack
}
