import { ownCache } from '../io/own-cache.ts'

/** Where compiled recipes are kept between runs, if they may be. */
export function recipeCache(): Promise<string | undefined> {
  return ownCache('recipes')
}
