import { existsSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { usageError } from '../cli/usage-error.ts'
import { repositoryOf } from './git-state.ts'

/** Refuses a spec that is a link out of its repository, or to git's own files: messages show lines of a spec. */
export function checkSpecFile(file: string): void {
  const repository = repositoryOf(resolve(dirname(file)))
  if (repository === undefined || !existsSync(file)) return
  const [root, real] = [realpathSync(repository), realpathSync(file)]
  if (leaves(root, real) || relative(root, real).split(sep).some(isGit))
    throw usageError(`${file} is a link out of the repository ${repository}`, 'name the spec itself with -f')
}

/** On some systems `.GIT` is the same folder. */
function isGit(name: string): boolean {
  return name.toLowerCase() === '.git'
}

/** Whether a path is not below a folder. */
export function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
}
