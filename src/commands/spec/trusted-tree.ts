import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseSpec } from '../../load/yaml/parse.ts'
import { isMap } from '../../model/value.ts'
import { usageError } from '../cli/usage-error.ts'
import { git, gitOutput, repositoryOf } from './git-state.ts'
import { revisionTree } from './revision-tree.ts'

/** The files of a trusted revision. */
export interface TrustedTree {
  /** A folder of this process. */
  readonly folder: string
  /** The modules in it that specs of this revision name as recipes. */
  readonly recipes: ReadonlySet<string>
}

/** Writes the small files of a revision to a folder. */
export async function trustedTree(repository: string, revision: string): Promise<TrustedTree> {
  const commit = await commitOf(repository, revision)
  const { folder, files } = await revisionTree(repository, { commit, name: revision }, { onlySmall: true })
  const recipes = files
    .filter((path) => /\.ya?ml$/i.test(path))
    .map((path) => join(folder, path))
    .flatMap((file) =>
      recipesOf(file, readFileSync(file, 'utf8')).map((recipe) => resolve(dirname(file), recipe)),
    )
  return { folder, recipes: new Set(recipes) }
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
  return stdout.trim()
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
