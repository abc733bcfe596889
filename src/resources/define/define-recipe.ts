import type { Static, TObject } from 'typebox'
import { given } from '../../model/given.ts'
import type { OfferContext, Recipe, RecipeContext, RecipeNeed } from '../../model/recipe.ts'
import type { Composite, Resource } from '../../model/resource.ts'
import { isMap, NO_VALUES, toValue, type Value } from '../../model/value.ts'

export interface RecipeDefinition<Attributes extends TObject> {
  readonly name: string
  /** Schema of the recipe's `attributes`, also by the name of the instance; its defaults are the weakest layer. */
  readonly attributes: Attributes | ((instance: string) => Attributes)
  /** Recipes that must be in the same run list, and what is passed on to them; also by the name of the instance. */
  readonly needs?: Needs | ((instance: string) => Needs)
  /** What it contributes to collections that other recipes read with `ctx.offered`, by their names. Pure. */
  readonly offers?: {
    readonly [collection: string]: (ctx: OfferContext<Static<Attributes>>) => readonly Value[]
  }
  /** The resources of one host. Pure; sees only declared values. */
  resources(ctx: RecipeContext<Static<Attributes>>): readonly (Resource | Composite)[]
}

type Needs = readonly (string | RecipeNeed)[]

/** What a definition must have, with a value that would do: recipes in JavaScript have no compiler to say so. */
const required = {
  name: [['string'], "name: 'web'"],
  attributes: [['object', 'function'], 'attributes: Type.Object({})'],
  resources: [['function'], 'resources: () => []'],
} as const

/** Defines a recipe; `ctx.attributes` has the type of its schema. Throws an Error that says what is missing. */
export function defineRecipe<Attributes extends TObject>(definition: RecipeDefinition<Attributes>): Recipe {
  for (const [key, [types, example]] of Object.entries(required)) {
    const value: unknown = Reflect.get(definition, key)
    if (!types.some((type) => typeof value === type) || value === null)
      throw new Error(`a recipe needs ${key} in defineRecipe({ ... }), such as ${example}`)
  }
  const { attributes, needs = [] } = definition
  const partsOf = (instance: string) => ({
    attributes: Object.fromEntries(
      Object.entries(typeof attributes === 'function' ? attributes(instance) : attributes),
    ),
    needs: (typeof needs === 'function' ? needs(instance) : needs).map(needOf),
  })
  return Object.freeze({
    name: definition.name,
    ...partsOf(definition.name),
    partsOf,
    ...given({ offers: definition.offers }),
    resources: (ctx: RecipeContext<never>) => definition.resources(ctx),
  })
}

function needOf(need: string | RecipeNeed): RecipeNeed {
  if (typeof need === 'string') return { recipe: need }
  const attributes = toValue(need?.attributes ?? NO_VALUES)
  if (typeof need?.recipe !== 'string' || !isMap(attributes))
    throw new Error(
      "needs lists names of recipes, or maps such as { recipe: 'nginx', attributes: { port: 80 } }",
    )
  return { recipe: need.recipe, attributes }
}
