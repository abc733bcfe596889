import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The checked-out commit of a folder and whether there are uncommitted changes; undefined outside of git. */
export async function gitState(
  folder: string,
): Promise<{ readonly commit: string; readonly dirty: boolean } | undefined> {
  const commit = await git(folder, ['rev-parse', '--verify', 'HEAD'])
  const changes = await git(folder, ['status', '--porcelain'])
  if (commit === undefined || changes === undefined) return undefined
  return { commit: commit.trim(), dirty: changes !== '' }
}

async function git(folder: string, argv: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run('git', ['-C', folder, ...argv], { maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    // No git, no repository, or no commit yet.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
