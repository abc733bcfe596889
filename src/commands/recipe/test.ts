import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { labUnavailable } from '../../lab/unavailable.ts'
import { SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import { hasFailed } from '../../model/plan.ts'
import type { Stop } from '../../model/stop.ts'
import { diffOfSpecs } from '../../plan/revisions/plan-diff.ts'
import { renderPlan } from '../../report/plan/render-plan.ts'
import type { TestedCase } from '../../report/recipes/recipe-tests.ts'
import { diffHunks } from '../../report/text/diff-hunks.ts'
import { createStyle } from '../../report/text/style.ts'
import { count } from '../../report/text/words.ts'
import type { View } from '../../report/views/view.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { repositoryOf } from '../spec/git-state.ts'
import { type LoadedSpec, loadSpec } from '../spec/load-spec.ts'
import { loadSides } from '../spec/revisions.ts'
import { compareExpected } from './expected.ts'
import { casesOf, findRecipes, type RecipeFolder } from './find-recipes.ts'
import { tryEmbedded } from './try-embedded.ts'
import { notForLab, tryLab } from './try-lab.ts'

export interface RecipeTestOptions {
  /** Accept what differs. */
  readonly update?: boolean
  /** A git revision from which hosts are upgraded. */
  readonly from?: string
  /** Also on hosts with systemd that boot for it. */
  readonly lab?: boolean
}

/** `converge recipe test [NAME]`: the cases in the folders `test` of recipes. */
export function testRecipes(
  wanted: string | undefined,
  options: RecipeTestOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  const unavailable = options.lab === true ? labUnavailable() : undefined
  if (unavailable !== undefined) throw usageError(`no lab: ${unavailable}`, 'run it without --lab')
  return io.stoppable(async (stop) => {
    const tested = await testAll(findRecipes(wanted), options, stop)
    if (tested.length === 0)
      throw usageError(
        wanted === undefined ? 'no recipe here has a test' : `the recipe ${wanted} has no test`,
        'write test/CASE/cluster.yaml in its folder, then run `converge recipe test --update`',
      )
    view.recipeTests(tested)
    return tested.some(({ status }) => status === 'failed') ? 1 : 0
  })
}

export async function testAll(
  recipes: readonly RecipeFolder[],
  options: RecipeTestOptions,
  stop: Stop,
): Promise<readonly TestedCase[]> {
  const tested: TestedCase[] = []
  for (const recipe of recipes)
    for (const name of casesOf(recipe)) {
      stop.stopping.throwIfAborted()
      tested.push({ recipe: recipe.name, name, ...(await testCase(recipe, name, options, stop)) })
    }
  return tested
}

type Outcome = Omit<TestedCase, 'recipe' | 'name'>

async function testCase(
  recipe: RecipeFolder,
  name: string,
  options: RecipeTestOptions,
  stop: Stop,
): Promise<Outcome> {
  const folder = join(recipe.folder, 'test', name)
  const file = join(folder, 'cluster.yaml')
  const [expected, refused] = [join(folder, 'expected'), join(folder, 'refused.txt')]
  const update = options.update === true
  if (existsSync(expected) && existsSync(refused))
    return failed('it expects two things: remove either expected/ or refused.txt')
  const isNew = !existsSync(expected) && !existsSync(refused)
  const spec = await loaded(file, recipe)
  if (isNew && !update) {
    const words = spec instanceof SpecError ? `, and is refused:\n${wordsOf(spec, folder)}`.trimEnd() : ''
    return failed(`it has neither expected/ nor refused.txt, which --update writes${words}`)
  }
  if (spec instanceof SpecError) {
    const words = wordsOf(spec, folder)
    if (existsSync(expected)) return failed(`it is refused:\n${words}`.trimEnd())
    return compareRefused(words, refused, update)
  }
  if (existsSync(refused)) return failed('it is accepted, and refused.txt expects that it is refused')
  const { differences, problems } = await compareExpected(spec, expected, { update })
  if (problems.length > 0) return { ...failed(...problems), differences }
  const upgrade = options.from === undefined ? undefined : await upgraded(file, options.from, stop)
  const before = upgrade?.before
  const { problem, left } = await tryEmbedded([...(before === undefined ? [] : [before]), spec], stop)
  const lab = options.lab === true ? await triedInLab(spec, stop) : { problems: [], notes: [] }
  const wrong = [...(upgrade?.problems ?? []), ...(problem === undefined ? [] : [problem]), ...lab.problems]
  const isFailed = wrong.length > 0 || (differences.length > 0 && !update)
  const aside = left.length === 0 ? '' : `, without ${left.join(', ')}`
  return {
    status: isFailed ? 'failed' : differences.length > 0 ? 'updated' : 'passed',
    problems: wrong,
    differences,
    notes: [
      ...(upgrade?.notes ?? []),
      `${problem === undefined ? 'converges' : 'does not converge'} on ${count(spec.cluster.hosts.length, 'embedded host')}${aside}`,
      ...lab.notes,
    ],
    ...given({ upgrade: upgrade?.shown }),
  }
}

async function triedInLab(spec: LoadedSpec, stop: Stop): Promise<Pick<Outcome, 'problems' | 'notes'>> {
  const other = notForLab(spec)
  if (other !== undefined) return { problems: [], notes: [`not tried in a lab: ${other}`] }
  const { problem, left } = await tryLab(spec, stop)
  const hosts = count(spec.cluster.hosts.length, 'lab host')
  const aside = left.length === 0 ? '' : `, without ${left.join(', ')}`
  return problem === undefined
    ? { problems: [], notes: [`converges on ${hosts}, and leaves them${aside}`] }
    : { problems: [problem], notes: [`does not converge on ${hosts}${aside}`] }
}

/** Outside of git the folder of a recipe is taken for one of several below another folder. */
async function loaded(file: string, { folder }: RecipeFolder): Promise<LoadedSpec | SpecError> {
  try {
    const recipesBelow = repositoryOf(resolve(folder)) ?? resolve(folder, '../..')
    return await loadSpec({ file, recipesBelow }, { mayMiss: true })
  } catch (error) {
    if (error instanceof SpecError) return error
    throw error
  }
}

function failed(...problems: readonly string[]): Outcome {
  return { status: 'failed', problems, differences: [], notes: [] }
}

/** The mistakes without their lines in the spec, which move. */
function wordsOf({ problems }: SpecError, folder: string): string {
  return problems
    .map(({ message, code, hint }) => `${message} [${code}]\n${hint === undefined ? '' : `  ${hint}\n`}`)
    .join('')
    .replaceAll(`${folder}/`, '')
}

function compareRefused(words: string, file: string, update: boolean): Outcome {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (before === words) return { status: 'passed', problems: [], differences: [], notes: ['refused'] }
  if (update) writeFileSync(file, words)
  const shown = diffHunks({ path: file, shown: { before, after: words } })
  const what = before === '' ? 'is not expected' : 'differs'
  return {
    status: update ? 'updated' : 'failed',
    problems: [],
    differences: [{ path: 'refused.txt', what, hunks: 'hunks' in shown ? shown.hunks : [] }],
    notes: ['refused'],
  }
}

interface Upgraded {
  readonly before?: LoadedSpec
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  readonly shown?: NonNullable<TestedCase['upgrade']>
}

/** What the hosts of a case become that are as another revision of it leaves them. */
async function upgraded(file: string, revision: string, { stopping }: Stop): Promise<Upgraded> {
  const sides = await sidesOf(file, revision, stopping)
  if (sides instanceof SpecError)
    return { problems: [], notes: [`not upgraded, because this is refused: ${sides.problems[0]?.message}`] }
  const { from, to } = sides
  const { spec: before } = from
  if (before === undefined) return { problems: [], notes: [`${revision} does not have this case`] }
  const { plan } = diffOfSpecs(before, to.spec)
  const text = renderPlan({ plan, style: createStyle({ color: false }), verbose: false })
  return {
    before,
    problems: hasFailed(plan) ? [`hosts of ${revision} refuse it`] : [],
    notes: [`upgraded from ${revision}`],
    shown: { from: revision, lines: text.trimEnd().split('\n') },
  }
}

/** Both revisions of a case; its mistakes if one of them is refused, as cases of what is new are by older recipes. */
async function sidesOf(file: string, revision: string, stopping: AbortSignal) {
  try {
    return await loadSides(revision, { file }, stopping, { mayMiss: true })
  } catch (error) {
    if (error instanceof SpecError && error.problems.every(({ code }) => code !== 'usage')) return error
    throw error
  }
}
