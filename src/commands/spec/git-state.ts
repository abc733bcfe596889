import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The checked-out commit of a folder and whether there are uncommitted changes; undefined outside of git. */
export async function gitState(
  folder: string,
): Promise<{ readonly commit: string; readonly dirty: boolean } | undefined> {
  const root = repositoryOf(resolve(folder))
  if (root === undefined) return undefined
  const commit = await git(root, ['rev-parse', '--verify', 'HEAD'])
  const changes = await git(root, ['status', '--porcelain'])
  if (commit === undefined || changes === undefined) return undefined
  return { commit: commit.trim(), dirty: changes !== '' }
}

/** The folder of a working tree, as its `.git` says, which no commit can contain. */
function repositoryOf(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder
  return dirname(folder) === folder ? undefined : repositoryOf(dirname(folder))
}

/** Git looks for no repository by itself: a folder that looks like one would run the programs that its `config` names. */
async function git(root: string, argv: readonly string[]): Promise<string | undefined> {
  const named = ['-C', root, `--git-dir=${join(root, '.git')}`, `--work-tree=${root}`, '--no-optional-locks']
  const withoutPrograms = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']
  try {
    const { stdout } = await run('git', [...named, ...withoutPrograms, ...argv], {
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout
  } catch (error) {
    // No git, no repository, or no commit yet.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
