import { chmod, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { codeOf } from '../../model/errors.ts'
import { isSystemError } from '../../model/system-error.ts'

/** Writes a file at once, with the mode that it had. */
export async function rewriteWhole(file: string, text: string): Promise<void> {
  const { mode } = await stat(file)
  await writeWhole(file, text, mode & 0o7777, { keepsMode: true })
}

/** Writes a file at once: if that fails, what was there stays as it was. Pipes and devices are written as they are. */
export async function writeWhole(
  file: string,
  data: string | Uint8Array,
  mode: number,
  { keepsMode = false }: { readonly keepsMode?: boolean } = {},
): Promise<void> {
  const there = await whatIs(file)
  try {
    if (there !== undefined && !there.isFile()) return await write(file, data, mode, 'w')
    const target = there === undefined ? file : await realpath(file)
    const temporary = `${target}.${process.pid}.tmp`
    try {
      await write(temporary, data, mode, 'wx')
      // Creation is subject to the umask.
      if (keepsMode) await chmod(temporary, mode)
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  } catch (error) {
    // The temporary file beside it means nothing to a user.
    throw isSystemError(error) ? Object.assign(error, { path: file }) : error
  }
}

async function whatIs(file: string) {
  try {
    return await stat(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function write(
  file: string,
  data: string | Uint8Array,
  mode: number,
  flags: 'w' | 'wx',
): Promise<void> {
  const handle = await open(file, flags, mode)
  try {
    await handle.writeFile(data)
    if (flags === 'wx') await handle.sync()
  } finally {
    await handle.close()
  }
}
