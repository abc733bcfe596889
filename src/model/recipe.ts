import type { Platform } from './platform.ts'
import type { Composite, Resource } from './resource.ts'
import type { JsonSchema } from './schema.ts'
import type { Secret } from './secret.ts'
import type { SecretNeed } from './secret-need.ts'
import type { PlainValue, Value, ValueMap } from './value.ts'

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

/** A selector, or hosts with a recipe or role. */
export type HostFilter = string | { readonly recipe?: string; readonly role?: string }

export interface RecipeContext<Attributes> {
  readonly cluster: { readonly name: string; readonly environment: string | undefined }
  readonly host: RecipeHost
  readonly platform: Platform
  /** The name in the run list: the recipe's own, or that of an instance. Units, paths and groups are named after it. */
  readonly instance: string
  /** What the run list of this host has of this recipe, in order: itself and other instances. */
  instances(): readonly string[]
  /** This recipe's own attributes, merged from all layers and valid against its schema. */
  readonly attributes: Attributes
  /** Hosts of the cluster in spec order, including this one; optionally those of a recipe or role, or of a selector. */
  hosts(filter?: HostFilter): readonly RecipeHost[]
  /** What recipes offer to a collection, in the order of hosts and run lists; optionally only those of some hosts. */
  offered(collection: string, filter?: HostFilter): readonly Offer[]
  /** The content of a file that the spec names under `data`, unchecked. Stops compiling if there is no such name. */
  data(name: string): Value
  /** A secret of the cluster: `secret('web/db', password())`. `converge secrets generate` makes it. */
  secret(key: string, need: SecretNeed): Secret
  /** Renders `templates/<name>` of the recipe's folder with Handlebars, no HTML escaping; an unknown path is an error. */
  template(name: string, variables: { readonly [key: string]: PlainValue }): string
  template(name: string, variables: { readonly [key: string]: Value }): string | Secret
  /** Content of `files/<name>` of the recipe's folder. */
  file(name: string): string
  /** Tells of something that is accepted, and likely a mistake: what it is, and how to fix it. */
  warn(message: string, hint?: string): void
  /** Stops compiling with an error at the run-list entry: what is wrong, and how to fix it. */
  fail(message: string, hint?: string): never
}

/** What a recipe offers to others sees less: what others offer may depend on it. */
export type OfferContext<Attributes> = Omit<RecipeContext<Attributes>, 'offered' | 'template' | 'file'>

/** One value that a recipe of a host offers to a collection, such as a port. */
export interface Offer {
  readonly host: RecipeHost
  readonly recipe: string
  readonly value: Value
}

/** A recipe that must be in the same run list, and what is passed on to it. */
export interface RecipeNeed {
  readonly recipe: string
  /** Values for its attributes, stronger than its defaults and weaker than the spec; texts may be expressions. */
  readonly attributes?: ValueMap
}

/** A recipe: a pure function from a host's declared values to its resources. */
export interface Recipe {
  readonly name: string
  /** Schema of the attributes below the recipe's name; its defaults are the weakest layer. */
  readonly attributes: JsonSchema
  /** Recipes that must be in the same run list. */
  readonly needs: readonly RecipeNeed[]
  /** What it contributes to collections that other recipes read, by their names: `ports`, `log files`. */
  readonly offers?: { readonly [collection: string]: (ctx: OfferContext<never>) => readonly Value[] }
  resources(ctx: RecipeContext<never>): readonly (Resource | Composite)[]
  /** The parts that depend on the name of an instance; absent if none do. */
  partsOf?(instance: string): Pick<Recipe, 'attributes' | 'needs'>
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

/** The name of what a recipe or an instance of it is defined by. */
export function definitionOf({ recipe, instanceOf }: LoadedRecipe): string {
  return instanceOf ?? recipe.name
}

/** A recipe and where its files are. */
export interface LoadedRecipe {
  readonly recipe: Recipe
  readonly package?: RecipePackage
  /** The recipe that this is an instance of; it is called by the instance's name. */
  readonly instanceOf?: string
  /** Reads a file of the recipe's folder as text; an error names the file. */
  read(path: string): string
  /** Such a file's path for messages. */
  pathOf?(path: string): string
}
