import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseSpec } from '../../load/yaml/parse.ts'
import { isMap } from '../../model/value.ts'
import { usageError } from '../cli/usage-error.ts'
import { git, gitOutput, repositoryOf } from './git-state.ts'
import { recipeCache } from './recipe-cache.ts'
import { leaves } from './spec-file.ts'

/** The files of a trusted revision. */
export interface TrustedTree {
  /** A folder of this process. */
  readonly folder: string
  /** The modules in it that specs of this revision name as recipes. */
  readonly recipes: ReadonlySet<string>
}

/** Recipes and what they read are small. */
const largestBytes = 1024 * 1024

/** Writes the files of a revision to a folder. Filters and hooks of git have no part in it. */
export async function trustedTree(repository: string, revision: string): Promise<TrustedTree> {
  const commit = await commitOf(repository, revision)
  const listed = await git(repository, ['ls-tree', '-r', '-l', '-z', commit])
  const files = (listed ?? '').split('\0').flatMap((line) => {
    const [, mode = '', id = '', size = '', path = ''] = /^(\d+) \w+ (\w+) +(\d+|-)\t(.*)$/s.exec(line) ?? []
    return mode.startsWith('100') && Number(size) <= largestBytes ? [{ id, path, size: Number(size) }] : []
  })
  const ids = files.map(({ id }) => `${id}\n`).join('')
  const read = listed === undefined ? undefined : await gitOutput(repository, ['cat-file', '--batch'], ids)
  const contents = read?.stdout
  if (contents === undefined || contents.length < files.reduce((sum, { size }) => sum + size, 0))
    throw usageError(
      `git has not all files of ${revision} here`,
      'fetch them: a partial clone has only some of them',
    )
  // Node looks for what a CommonJS module requires in all folders above: others could put it into /tmp.
  const cache = await recipeCache()
  if (cache === undefined)
    throw usageError(
      `there is no folder that only you can change for the files of ${revision}`,
      'set XDG_CACHE_HOME to such a folder',
    )
  const folder = newFolder(cache, repository)
  const recipes = new Set<string>()
  let at = 0
  for (const { path, size } of files) {
    const start = contents.indexOf('\n', at) + 1
    const content = contents.subarray(start, start + size)
    const target = join(folder, path)
    at = start + size + 1
    if (leaves(folder, target) || existsSync(target)) continue
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, content)
    if (/\.ya?ml$/i.test(path))
      for (const recipe of recipesOf(target, content.toString()))
        recipes.add(resolve(dirname(target), recipe))
  }
  return { folder, recipes }
}

/** The commit that a revision names, if no change of a stranger can make it name another one. */
async function commitOf(repository: string, revision: string): Promise<string> {
  const isFullId = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(revision)
  const around = repositoryOf(dirname(repository))
  if (!isFullId && around !== undefined && !(await isWorktreeOf(around, repository)))
    throw usageError(
      `${repository} is a repository in another one, which a change can exchange together with its ${revision}, as a submodule`,
      'name the commit by its full id',
    )
  const asked = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`]
  const { stdout, stderr } = await gitOutput(repository, asked).catch((error: unknown) => {
    const reason = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    throw usageError(
      `git has no revision ${revision} here${/dubious ownership/.test(reason) ? `, because ${repository} belongs to somebody else` : ''}`,
      'fetch it, such as by `git fetch origin main`',
    )
  })
  if (!isFullId && stderr.includes('is ambiguous'))
    throw usageError(
      `git has more than one ${revision} here, such as a branch and a tag`,
      'write it in full, such as refs/remotes/origin/main',
    )
  return stdout.toString().trim()
}

async function isWorktreeOf(other: string, repository: string): Promise<boolean> {
  const common = await git(repository, ['rev-parse', '--git-common-dir'])
  return common !== undefined && resolve(repository, common.trim()) === join(other, '.git')
}

/** What a spec names as its recipes. */
function recipesOf(file: string, text: string): readonly string[] {
  if (!/^["']?recipes\b/m.test(text)) return []
  const recipes = parseSpec({ file, text }).document?.data.recipes
  return isMap(recipes) ? Object.values(recipes).filter((recipe) => typeof recipe === 'string') : []
}

const made: string[] = []

function removeMade(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
}

/** As deep as the repository, so that an import that leaves it finds nothing of others. */
function newFolder(parent: string, repository: string): string {
  const folder = mkdtempSync(join(realpathSync(parent), 'converge-trusted-'))
  if (made.length === 0) process.once('exit', removeMade)
  made.push(folder)
  const deep = join(folder, repository)
  mkdirSync(deep, { recursive: true })
  return deep
}
