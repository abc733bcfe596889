import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { usageError } from '../cli/usage-error.ts'
import { git, gitBytes, repositoryOf } from './git-state.ts'

/** Gives the module to import for a recipe of the spec. Throws an Error if it may not run. */
export type PlaceOf = (path: string) => Promise<string>

interface RecipePlaces {
  readonly file: string
  /** A folder instead of the spec's repository. */
  readonly recipesBelow?: string | undefined
  /** A git revision whose recipes run instead of those that are there; `none` for built-in recipes only. */
  readonly trustOnly?: string | undefined
}

/** Recipes are code: they come from the spec's repository (or its folder, outside of git), or as the user says. */
export function recipePlaces({ file, recipesBelow, trustOnly }: RecipePlaces): PlaceOf {
  const folder = resolve(dirname(file))
  const repository = repositoryOf(folder)
  if (trustOnly === undefined) {
    const root = recipesBelow === undefined ? (repository ?? folder) : resolve(recipesBelow)
    return async (path) => placeBelow(root, path)
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
  let tree: Promise<string> | undefined
  return async (path) => {
    tree ??= trustedTree(repository, trustOnly)
    const place = join(await tree, relative(repository, path))
    if (leaves(repository, path) || moduleAt(place) === undefined)
      throw new Error(`${trustOnly} does not have it, and nothing else is trusted`)
    return place
  }
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

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
}

const made: string[] = []

function removeMade(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
}

/** Recipes and what they read are small. */
const largestBytes = 1024 * 1024

/** The files of a revision in a folder of this process. Filters and hooks of git have no part in it. */
async function trustedTree(repository: string, revision: string): Promise<string> {
  const commit = await git(repository, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ])
  const listed = commit && (await git(repository, ['ls-tree', '-r', '-l', '-z', commit.trim()]))
  if (!listed)
    throw usageError(`git has no revision ${revision} here`, 'fetch it, such as by `git fetch origin main`')
  const files = listed.split('\0').flatMap((line) => {
    const [, mode = '', id = '', size = '', path = ''] = /^(\d+) \w+ (\w+) +(\d+|-)\t(.*)$/s.exec(line) ?? []
    return mode.startsWith('100') && Number(size) <= largestBytes ? [{ id, path, size: Number(size) }] : []
  })
  const contents = await gitBytes(
    repository,
    ['cat-file', '--batch'],
    files.map(({ id }) => `${id}\n`).join(''),
  )
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'converge-trusted-')))
  if (made.length === 0) process.once('exit', removeMade)
  made.push(folder)
  let at = 0
  for (const { path, size } of files) {
    const start = contents.indexOf('\n', at) + 1
    const target = join(folder, path)
    at = start + size + 1
    if (leaves(folder, target) || existsSync(target)) continue
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, contents.subarray(start, start + size))
  }
  return folder
}
