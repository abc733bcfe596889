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
export function repositoryOf(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder
  return dirname(folder) === folder ? undefined : repositoryOf(dirname(folder))
}

/** Git looks for no repository by itself: a folder that looks like one would run the programs that its `config` names. */
export async function git(root: string, argv: readonly string[]): Promise<string | undefined> {
  try {
    return (await gitBytes(root, argv)).toString()
  } catch (error) {
    // No git, no repository, or no commit yet.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

/** The same with an input. Throws if git fails, or is not there. */
export async function gitBytes(root: string, argv: readonly string[], input = ''): Promise<Buffer> {
  const named = ['-C', root, `--git-dir=${join(root, '.git')}`, `--work-tree=${root}`, '--no-optional-locks']
  const withoutPrograms = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']
  const running = run('git', [...named, ...withoutPrograms, ...argv], {
    maxBuffer: 256 * 1024 * 1024,
    encoding: 'buffer',
    // It asks no remote for objects that a partial clone does not have.
    env: { ...process.env, GIT_NO_LAZY_FETCH: '1' },
  })
  // Git need not read it; its exit code is enough.
  running.child.stdin?.on('error', () => undefined)
  running.child.stdin?.end(input)
  return (await running).stdout
}
