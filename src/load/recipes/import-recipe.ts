import { withTimeLimit } from './time-limit.ts'

/** How long a recipe module may take to load, unless said otherwise. */
const defaultLimitMs = 30_000

/**
 * Creates the function that imports users' recipe modules, TypeScript or JavaScript. `import ... from 'converge'` in
 * them gives `dsl` of the running converge, wherever the recipe is. The loader is loaded on first use. Modules are
 * evaluated synchronously, so that an endless loop can be stopped: they have no top-level await. What was compiled is
 * kept in `cache`, if given; what lies there is run.
 */
export function createImportRecipe(
  dsl: Record<string, unknown>,
  { limitMs = defaultLimitMs, cache }: { readonly limitMs?: number; readonly cache?: string } = {},
): (path: string) => Promise<unknown> {
  return async (path) => {
    const { createJiti } = await import('jiti')
    // Anew for each attempt: a loader remembers a module that it has loaded halfway.
    return withTimeLimit(limitMs, (): unknown =>
      createJiti(import.meta.url, { virtualModules: { converge: dsl }, fsCache: cache ?? false })(path),
    )
  }
}
