import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultLimitMs, withTimeLimit } from './time-limit.ts'

/**
 * Creates the function that imports users' recipe modules, TypeScript or JavaScript. `import ... from 'converge'` in
 * them gives `dsl` of the running converge, wherever the recipe is. The loader is loaded on first use. Modules are
 * evaluated synchronously, so that an endless loop can be stopped: they have no top-level await. What was compiled is
 * kept in `cache`, if given; what lies there is run. Without `packages`, only files and modules of Node can be imported.
 */
export function createImportRecipe(
  dsl: Record<string, unknown>,
  {
    limitMs = defaultLimitMs,
    cache,
    packages = true,
  }: { readonly limitMs?: number; readonly cache?: string; readonly packages?: boolean } = {},
): (path: string) => Promise<unknown> {
  const own = { converge: dsl }
  const virtualModules = packages ? own : new Proxy(own, withoutPackages)
  return async (path) => {
    const { createJiti } = await import('jiti')
    // Anew for each attempt: a loader remembers a module that it has loaded halfway.
    return withTimeLimit(limitMs, (): unknown =>
      createJiti(import.meta.url, { virtualModules, fsCache: cache ?? false })(path),
    )
  }
}

/** jiti asks for every import whether it is here, before it looks for packages in all folders above, as /tmp. */
const withoutPackages: ProxyHandler<Record<string, unknown>> = {
  has(own, name) {
    if (typeof name !== 'string' || name in own || /^\.{0,2}(?:\/|$)/.test(name)) return name in own
    throw new Error(`the package ${name} cannot be imported, because nothing says that it can be trusted`)
  },
}

/** The module of a package as a file in a folder would import it. Throws an Error if there is none. */
export async function resolvePackage(name: string, folder: string): Promise<string> {
  const { createJiti } = await import('jiti')
  const found = createJiti(join(folder, 'spec.js')).esmResolve(name)
  return found.startsWith('file:') ? fileURLToPath(found) : found
}
