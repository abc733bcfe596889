import { withTimeLimit } from './time-limit.ts'

/** How long a recipe module may take to load, unless said otherwise. */
const defaultLimitMs = 30_000

/**
 * Makes the function that imports users' recipe modules, TypeScript or JavaScript. `import ... from 'converge'` in them
 * gives `dsl`, the running copy's own module, wherever the recipe lies. The loader is only loaded when first needed.
 * Modules are evaluated synchronously, so that one that loops can be ended: they cannot await at their top.
 */
export function createImportRecipe(
  dsl: Record<string, unknown>,
  limitMs = defaultLimitMs,
): (path: string) => Promise<unknown> {
  return async (path) => {
    const { createJiti } = await import('jiti')
    const jiti = createJiti(import.meta.url, { virtualModules: { converge: dsl } })
    return withTimeLimit(limitMs, (): unknown => jiti(path))
  }
}
