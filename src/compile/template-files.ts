import type { LoadedRecipe } from '../model/recipe.ts'

/** Where templates are, by names that their users give them. */
export interface TemplateFiles {
  /** Throws an Error if it cannot be read. */
  read(name: string): string
  /** Its path in messages. */
  pathOf(name: string): string
  /** The name of a partial as a template writes it. */
  partialOf(template: string, partial: string): string
}

/** Those of a recipe: all names are paths in its folder `templates`. */
export function recipeTemplates({ read, pathOf }: LoadedRecipe): TemplateFiles {
  return {
    read: (name) => read(`templates/${name}`),
    pathOf: (name) => pathOf?.(`templates/${name}`) ?? name,
    partialOf: (_template, partial) => partial,
  }
}

/** A partial beside a template of a spec, or below its folder. */
export function besideTemplate(template: string, partial: string): string {
  return template.slice(0, template.lastIndexOf('/') + 1) + partial
}
