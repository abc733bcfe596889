import type { SpecChange } from '../load/what-if.ts'
import type { Cluster, Host } from '../model/cluster.ts'
import type { Position, TextLine } from '../model/diagnostic.ts'
import type { Path } from '../model/path.ts'
import type { LoadedRecipe } from '../model/recipe.ts'
import type { HostCatalog } from '../model/resource.ts'
import type { ValueMap } from '../model/value.ts'

export type Recipes = Readonly<Record<string, LoadedRecipe>>

/** A spec that can be compiled again with changes. */
export interface ExplainedSpec {
  readonly cluster: Cluster
  readonly recipes: Recipes
  /** The spec as it is written, its files merged. */
  readonly written: ValueMap
  locate(path: Path, line?: TextLine): Position | undefined
  whatIf(change: SpecChange, only: ReadonlySet<string>): Cluster | undefined
  /** The catalog of one host; undefined if there is a mistake. */
  compile(cluster: Cluster, host: Host, recipes: Recipes): HostCatalog | undefined
  /** The text of a file that the spec names, and where it is; undefined if it is none. */
  readText(
    path: string,
    position: Position | undefined,
  ): { readonly text: string; readonly file: string } | undefined
  /** Whether another attempt may be made. */
  hasTime(): boolean
}
