import type { Platform } from './platform.ts'
import type { Resource } from './resource.ts'
import type { JsonSchema } from './schema.ts'
import type { Value, ValueMap } from './value.ts'

/** A host as recipes see it: declared values, never facts. */
export interface RecipeHost {
  readonly name: string
  readonly index: number
  readonly address: string
  readonly publicAddress?: string
  readonly roles: readonly string[]
  readonly environment: string | undefined
  readonly labels: { readonly [key: string]: string }
  /** All of its attributes, resolved. */
  readonly attributes: ValueMap
}

export interface RecipeContext<Attributes> {
  readonly cluster: { readonly name: string; readonly environment: string | undefined }
  readonly host: RecipeHost
  readonly platform: Platform
  /** This recipe's own attributes, merged from all layers and valid against its schema. */
  readonly attributes: Attributes
  /** Hosts of the cluster in spec order, including this one; optionally those of a recipe or role, or of a selector. */
  hosts(filter?: string | { readonly recipe?: string; readonly role?: string }): readonly RecipeHost[]
  /** The content of a file that the spec names under `data`, unchecked. Stops compiling if there is no such name. */
  data(name: string): Value
  /** Renders `templates/<name>` of the recipe's folder with Handlebars, no HTML escaping; an unknown path is an error. */
  template(name: string, variables: { readonly [key: string]: Value }): string
  /** Content of `files/<name>` of the recipe's folder. */
  file(name: string): string
  /** Stops compiling with an error at the run-list entry: what is wrong, and how to fix it. */
  fail(message: string, hint?: string): never
}

/** A recipe: a pure function from a host's declared values to its resources. */
export interface Recipe {
  readonly name: string
  /** Schema of the attributes below the recipe's name; its defaults are the weakest layer. */
  readonly attributes: JsonSchema
  /** Recipes that must be in the same run list. */
  readonly needs: readonly string[]
  resources(ctx: RecipeContext<never>): readonly Resource[]
}

/** The npm package that a recipe is from. */
export interface RecipePackage {
  readonly name: string
  readonly version: string
}

/** `recipe etcd`, or with its package `recipe haproxy of @acme/converge-haproxy 1.2.0`. */
export function recipeWords({ recipe, package: from }: LoadedRecipe): string {
  return `recipe ${recipe.name}${from === undefined ? '' : ` of ${from.name} ${from.version}`}`
}

/** A recipe and where its files are. */
export interface LoadedRecipe {
  readonly recipe: Recipe
  readonly package?: RecipePackage
  /** Reads a file of the recipe's folder as text; an error names the file. */
  read(path: string): string
  /** Such a file's path for messages. */
  pathOf?(path: string): string
}
