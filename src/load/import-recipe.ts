/**
 * Makes the function that imports users' recipe modules, TypeScript or JavaScript. `import ... from 'converge'` in them
 * gives `dsl`, the running copy's own module, wherever the recipe lies. The loader is only loaded when first needed.
 */
export function createImportRecipe(dsl: Record<string, unknown>): (path: string) => Promise<unknown> {
  return async (path) => {
    const { createJiti } = await import('jiti')
    const jiti = createJiti(import.meta.url, { virtualModules: { converge: dsl } })
    return jiti.import(path)
  }
}
