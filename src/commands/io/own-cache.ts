import { lstat, mkdir, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/**
 * Where compiled code is kept between runs: below XDG_CACHE_HOME or `~/.cache`. Undefined unless only this user and
 * root can put anything there, because what lies there is run.
 */
export async function ownCache(name: 'recipes' | 'code'): Promise<string | undefined> {
  const { XDG_CACHE_HOME: set = '' } = process.env
  const folder = join(isAbsolute(set) ? set : join(homedir(), '.cache'), 'converge', name)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const real = await realpath(folder)
    return (await isChangedByUsOnly(real)) && (await isReachedSafely(dirname(real))) ? real : undefined
  } catch {
    // A home that is read-only, or none: all is compiled anew in each run.
    return undefined
  }
}

/** Whether nobody else can put another folder in its place. */
async function isReachedSafely(folder: string): Promise<boolean> {
  // In a sticky folder others may add, but neither rename nor remove what is not theirs.
  const isSafe = await isChangedByUsOnly(folder, 0o1000)
  return isSafe && (dirname(folder) === folder || isReachedSafely(dirname(folder)))
}

async function isChangedByUsOnly(folder: string, sufficient = 0): Promise<boolean> {
  const { uid, mode } = await lstat(folder)
  const isOurs = uid === process.getuid?.() || uid === 0
  return isOurs && ((mode & 0o022) === 0 || (mode & sufficient) !== 0)
}
