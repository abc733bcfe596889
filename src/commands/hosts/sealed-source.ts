import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { Catalog } from '../../model/resource.ts'
import type { PlanSource } from '../../model/sealed-plan.ts'
import { desiredDigest } from '../../record/digest.ts'
import { usageError } from '../cli/usage-error.ts'
import { gitState } from '../spec/git-state.ts'
import { type LoadedSpec, loadSpec, type SpecOptions } from '../spec/load-spec.ts'

/** The options of an apply of a sealed plan: what is not given is as it was when the plan was made. */
export type SealedSpecOptions = Omit<SpecOptions, 'file'> & { readonly file?: string | undefined }

/** From which spec a plan is made, with the values of --set but for those that end up in secrets. */
export async function sourceOf(options: SpecOptions, { catalog, recipes }: LoadedSpec): Promise<PlanSource> {
  const { file, environment, set = [] } = options
  const git = await gitState(dirname(file))
  const values: PlanSource['set'][number][] = []
  for (const assignment of set) {
    const [path = ''] = assignment.split('=', 1)
    const isSecret = await changesSecrets(assignment, options, catalog)
    values.push(isSecret ? { path } : { path, value: assignment.slice(path.length + 1) })
  }
  const packages = packagesOf(recipes)
  return { file, ...given({ environment }), set: values, ...given({ packages, git }) }
}

/** The versions of the packages that recipes are from; undefined if all are the spec's own or built in. */
function packagesOf(recipes: LoadedSpec['recipes']): Readonly<Record<string, string>> | undefined {
  const found = Object.values(recipes).flatMap(({ package: from }) =>
    from ? [[from.name, from.version]] : [],
  )
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

/** The spec that a plan was made from, found from here or from the plan's folder. Options that are given win. */
export function specOf(plan: string, source: PlanSource, options: SealedSpecOptions): SpecOptions {
  const { file, environment = source.environment, set = [] } = options
  const missing = source.set.filter(
    ({ path, value }) => value === undefined && !set.some((given) => given.startsWith(`${path}=`)),
  )
  if (missing.length > 0) {
    const words = missing.map(({ path }) => `--set ${path}=...`).join(' ')
    throw usageError(`${plan} was made with ${words}, a secret that it does not contain`, 'pass it again')
  }
  const sealed = source.set.flatMap(({ path, value }) => (value === undefined ? [] : [`${path}=${value}`]))
  return {
    ...options,
    file: file ?? findSpec(plan, source),
    ...given({ environment }),
    set: [...sealed, ...set],
  }
}

/** `commit 1a2b3c4d5e6f with uncommitted changes`, or the file outside of git. */
export function sourceWords({ git, file }: Pick<PlanSource, 'git' | 'file'>): string {
  if (git === undefined) return `${file} (not in a git repository)`
  return `commit ${git.commit.slice(0, 12)}${git.dirty ? ' with uncommitted changes' : ''}`
}

/** How the spec of a plan and the current one differ, as far as the options tell. */
export async function compareSources(
  then: PlanSource,
  options: SpecOptions,
  { recipes }: Pick<LoadedSpec, 'recipes'>,
): Promise<string> {
  const { file, environment, set = [] } = options
  const git = await gitState(dirname(file))
  const isGiven = (path: string): boolean => set.some((assignment) => assignment.startsWith(`${path}=`))
  const extra = set.map((assignment) => assignment.split('=', 1)[0] ?? '')
  const differences = [
    ...(then.environment === environment ? [] : [`--environment ${then.environment ?? 'not given'}`]),
    ...then.set.filter(({ path }) => !isGiven(path)).map(({ path }) => `--set ${path}=...`),
    ...changedPackages(then.packages, packagesOf(recipes)),
    ...extra.filter((path) => !then.set.some((one) => one.path === path)).map((path) => `no --set ${path}`),
  ]
  const made = `the plan was made from ${sourceWords(then)}${differences.length === 0 ? '' : `, with ${differences.join(', ')}`}`
  return `${made}; the current spec is ${sourceWords({ file, ...given({ git }) })}. Make a new plan, or return to that spec.`
}

function changedPackages(
  then: Readonly<Record<string, string>> = {},
  now: Readonly<Record<string, string>> = {},
): readonly string[] {
  return Object.entries(then).flatMap(([name, version]) =>
    now[name] === version ? [] : [`${name} ${version}, which is ${now[name] ?? 'not used'} now`],
  )
}

function findSpec(plan: string, { file }: PlanSource): string {
  const found = [file, ...(isAbsolute(file) ? [] : [join(dirname(plan), file)])].find((path) =>
    existsSync(path),
  )
  if (found !== undefined) return found
  throw usageError(
    `${plan} was made from ${file}, which is neither here nor next to the plan`,
    'run it where the spec is, or name the spec with -f',
  )
}

/** Whether anything that a plan must not contain is another thing without the assignment. */
async function changesSecrets(assignment: string, options: SpecOptions, catalog: Catalog): Promise<boolean> {
  const secrets = secretsOf(catalog)
  if (secrets === '') return false
  const others = (options.set ?? []).filter((one) => one !== assignment)
  try {
    const without = await loadSpec({ ...options, set: others })
    return secretsOf(without.catalog) !== secrets
  } catch (error) {
    // Nobody can tell where a value goes that the spec needs.
    if (error instanceof SpecError) return true
    throw error
  }
}

/** Digests of what is marked as sensitive, and of commands with an environment. */
function secretsOf({ hosts }: Catalog): string {
  return hosts
    .flatMap(({ host, entries }) =>
      entries
        .filter(({ resource: { isSensitive, desired } }) => isSensitive || 'environment' in desired)
        .map(({ resource: { id, desired } }) => `${host} ${id} ${desiredDigest(desired)}\n`),
    )
    .join('')
}
