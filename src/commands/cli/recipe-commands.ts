import type { Command } from 'commander'
import type { Io } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'
import type { RecipeDocsOptions } from '../recipe/docs.ts'
import type { RecipeTestOptions } from '../recipe/test.ts'
import { addOptions, formatOptions, type Run } from './options.ts'
import { uses } from './program-help.ts'

/** `converge recipe` and its subcommands. */
export function addRecipeCommands(program: Command, io: Io, run: Run): void {
  const recipe = program
    .command('recipe')
    .helpGroup(uses.spec)
    .description('Write, test and document recipes, without any host.')
    .helpCommand(false)
    .addHelpText('after', placesHelp)
  const wanted = 'Name of a recipe in recipes/, or its folder; all of them by default.'

  recipe
    .command('new')
    .description('Write a recipe with a test and a README to recipes/NAME; overwrites nothing.')
    .argument('<name>', 'Name of the recipe.')
    .action((name: string) =>
      run('recipe new', {}, async () => (await import('../recipe/new.ts')).newRecipe(name, io)),
    )

  const test = recipe
    .command('test')
    .description('Compare what recipes make of the specs in test/CASE with what is expected there.')
    .argument('[name]', wanted)
    .option('--update', 'Write what is expected: accept what differs.')
    .option(
      '--lab',
      'Also try them on hosts with systemd, booted by systemd-nspawn (Linux, root, mmdebstrap).',
    )
    .option('--from <rev>', 'Also upgrade hosts that are as this git revision of the case leaves them.')
    .action((name: string | undefined, options: RecipeTestOptions & ViewOptions) =>
      run('recipe test', options, async (view) =>
        (await import('../recipe/test.ts')).testRecipes(name, options, io, view),
      ),
    )
  addOptions(test, formatOptions())

  recipe
    .command('docs')
    .description("Write the attributes of recipes between the marks of their README.md's.")
    .argument('[name]', wanted)
    .option('--check', 'Write nothing; exit with 1 if a README.md is out of date.')
    .action((name: string | undefined, options: RecipeDocsOptions) =>
      run('recipe docs', {}, async () =>
        (await import('../recipe/docs.ts')).documentRecipes(name, options, io),
      ),
    )
}

const placesHelp = `
A recipe is a folder in recipes/, or in a package, with a recipe.ts. Each
folder test/CASE in it has a spec, cluster.yaml, and what is expected of it:
  expected/    the files of each host, and plan.txt, what a dry run says
  refused.txt  the mistakes, if the spec must be refused
`
