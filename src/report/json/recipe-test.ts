import { Type } from 'typebox'
import { given } from '../../model/given.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { countsOf, type TestedCase } from '../recipes/recipe-tests.ts'
import { unifiedDiff } from '../text/diff-hunks.ts'
import { command, counts, document, formatVersion } from './schema.ts'

export const RecipeTestDocument = document(
  'Recipe tests',
  'Printed by `converge recipe test --json`: the cases of recipes, and what is wrong with them.',
  {
    command: command('recipe test'),
    cases: list(
      'The cases, by recipe and name.',
      closed('A case.', {
        recipe: text('The recipe.'),
        case: text('The name of the case.'),
        status: Type.Enum(['passed', 'failed', 'updated'], {
          description: '`updated`: what was expected is now what it is.',
        }),
        problems: list('What is wrong, besides the differences.', text('A problem, in lines.')),
        differences: list(
          'The expected files that are otherwise.',
          closed('A file.', {
            path: text('Its path in the folder of the case.'),
            what: Type.Enum(['differs', 'is missing', 'is not expected'], {
              description: '`is missing`: it is expected, and is not rendered.',
            }),
            diff: text('Unified diff, from what is expected; empty if none can be shown.'),
          }),
        ),
        notes: list('What was done, and what was not.', text('A note.')),
        upgrade: Type.Optional(
          closed('How hosts change that are as another revision leaves them.', {
            from: text('The revision.'),
            lines: list('The plan.', text('A line.')),
          }),
        ),
      }),
    ),
    summary: closed(
      'Counts.',
      counts({ passed: 'How many passed.', updated: 'How many were updated.', failed: 'How many failed.' }),
    ),
  },
)
export type RecipeTestDocument = Data<typeof RecipeTestDocument>

export function recipeTestDocument(cases: readonly TestedCase[]): RecipeTestDocument {
  return {
    formatVersion,
    command: 'recipe test',
    cases: cases.map(({ recipe, name, status, problems, differences, notes, upgrade }) => ({
      recipe,
      case: name,
      status,
      problems,
      differences: differences.map(({ path, what, hunks }) => ({ path, what, diff: unifiedDiff(hunks) })),
      notes,
      ...given({ upgrade }),
    })),
    summary: countsOf(cases),
  }
}
