import { lstat, readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { isSystemError, systemMessage } from '../../model/system-error.ts'
import { foreignLine } from './known-hosts.ts'

/**
 * Why accept-new must not add host keys to a file that a spec names, if so: a line of a host's choice would be a login in
 * authorized_keys and a command in .bashrc. Also through links only files in the spec's repository are added to.
 */
export async function recordingProblem(
  file: string,
  specRoot: string | undefined,
): Promise<string | undefined> {
  try {
    const path = specRoot === undefined ? undefined : relative(await realpath(specRoot), await place(file))
    if (path === undefined || path === '' || path.split(sep).some((part) => part.startsWith('.')))
      return "it is neither your own known hosts file nor a visible file in the spec's repository"
    const text = await textOf(file)
    if (text === undefined) return 'it is not a plain file'
    const line = foreignLine(text)
    return line === undefined ? undefined : `line ${line} is not a line of known_hosts`
  } catch (error) {
    if (isSystemError(error)) return systemMessage(error)
    throw error
  }
}

/** Where a file is or would be made. Rejects if a link leads nowhere. */
async function place(file: string): Promise<string> {
  try {
    return await realpath(file)
  } catch (error) {
    if (await exists(file)) throw error
    return join(await place(dirname(file)), basename(file))
  }
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    (error: unknown) => !isAbsent(error),
  )
}

/** Undefined if it is not a plain file; empty if there is none. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return (await stat(file)).isFile() ? await readFile(file, 'utf8') : undefined
  } catch (error) {
    if (isAbsent(error)) return ''
    throw error
  }
}

function isAbsent(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
