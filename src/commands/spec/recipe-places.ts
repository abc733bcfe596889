import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { usageError } from '../cli/usage-error.ts'
import { repositoryOf } from './git-state.ts'
import { leaves } from './spec-file.ts'
import { type TrustedTree, trustedTree } from './trusted-tree.ts'

/** Gives the module to import for a recipe of the spec. Throws an Error if it may not run. */
export type PlaceOf = (path: string) => Promise<string>

interface RecipePlaces {
  readonly file: string
  /** A folder instead of the spec's repository. */
  readonly recipesBelow?: string | undefined
  /** A git revision whose recipes run instead of those that are there; `none` for built-in recipes only. */
  readonly trustOnly?: string | undefined
  /** The repository that has this revision, if the spec was taken out of it. */
  readonly trustedIn?: string | undefined
}

/** Recipes are code: they come from the spec's repository (or its folder, outside of git), or as the user says. */
export function recipePlaces({ file, recipesBelow, trustOnly, trustedIn }: RecipePlaces): PlaceOf {
  const folder = resolve(dirname(file))
  const repository = repositoryOf(folder)
  if (trustOnly === undefined) {
    const root = recipesBelow === undefined ? (repository ?? folder) : resolve(recipesBelow)
    return async (path) => (isInstalled(path, trustedIn) ? path : placeBelow(root, path))
  }
  if (trustOnly === 'none') {
    return async () => {
      throw new Error('with --trust-only none only built-in recipes run')
    }
  }
  if (repository === undefined)
    throw usageError(
      `${folder} is in no git repository, so that it has no ${trustOnly}`,
      'use --trust-only none',
    )
  let tree: Promise<TrustedTree> | undefined
  return async (path) => {
    tree ??= trustedTree(trustedIn ?? repository, trustOnly)
    const { folder: trusted, recipes } = await tree
    const place = join(trusted, relative(repository, path))
    if (leaves(repository, path) || moduleAt(place) === undefined)
      throw new Error(`${trustOnly} does not have it, and nothing else is trusted`)
    // Other modules of the repository may act as soon as they are imported.
    if (!recipes.has(place)) throw new Error(`no spec of ${trustOnly} has it under recipes`)
    return place
  }
}

/** Whether a module is of a package that is installed in the repository, to which the files of its revisions have links. */
function isInstalled(path: string, repository: string | undefined): boolean {
  if (repository === undefined || !existsSync(path)) return false
  const way = relative(realpathSync(repository), realpathSync(path)).split(sep)
  return way[0] !== '..' && way.includes('node_modules')
}

function placeBelow(root: string, path: string): string {
  const module = moduleAt(path)
  if (leaves(root, path) || (module !== undefined && leaves(realpathSync(root), realpathSync(module))))
    throw new Error(`it is not below ${root}; --recipes-below names another folder`)
  return path
}

/** The file that an import of the path finds. */
function moduleAt(path: string): string | undefined {
  const endings = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json', 'tsx', 'jsx'].map((ending) => `.${ending}`)
  const names = [path, ...endings.flatMap((ending) => [path + ending, join(path, `index${ending}`)])]
  return names.find((name) => statSync(name, { throwIfNoEntry: false })?.isFile() === true)
}
