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

/** What git prints; undefined if it fails. */
export async function git(root: string, argv: readonly string[]): Promise<string | undefined> {
  try {
    return (await gitOutput(root, argv)).stdout.toString()
  } catch (error) {
    // No git, no repository, or no commit yet.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

/**
 * The same with an input. Throws if git fails, or is not there.
 *
 * A folder that looks like a repository would run the programs that its `config` names: only one in the `.git` of `root`
 * is asked. It is not named with --git-dir, for then git would not check who owns it.
 */
export async function gitOutput(
  root: string,
  argv: readonly string[],
  input = '',
): Promise<{ readonly stdout: Buffer; readonly stderr: string }> {
  const settings = [
    'safe.bareRepository=explicit',
    'core.fsmonitor=false',
    'core.hooksPath=/dev/null',
    'core.warnAmbiguousRefs=true',
  ].flatMap((setting) => ['-c', setting])
  // Replaced objects are not those that an id or a branch names.
  const global = ['-C', root, '--no-optional-locks', '--no-replace-objects', ...settings]
  const running = run('git', [...global, ...argv], {
    maxBuffer: 256 * 1024 * 1024,
    encoding: 'buffer',
    env: {
      ...process.env,
      // As git's hooks have them.
      GIT_DIR: undefined,
      GIT_WORK_TREE: undefined,
      GIT_COMMON_DIR: undefined,
      GIT_CEILING_DIRECTORIES: dirname(root),
      // It asks no remote for objects that a partial clone does not have; an older git ignores the first.
      GIT_NO_LAZY_FETCH: '1',
      GIT_ALLOW_PROTOCOL: 'none',
      LC_ALL: 'C',
    },
  })
  // Git need not read it; its exit code is enough.
  running.child.stdin?.on('error', () => undefined)
  running.child.stdin?.end(input)
  const { stdout, stderr } = await running
  return { stdout, stderr: stderr.toString() }
}
