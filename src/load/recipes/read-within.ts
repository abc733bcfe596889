import { readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'

/** Reads a text file below a folder. Refuses paths and symbolic links that lead out of the folder. */
export function readWithin(folder: string, path: string): string {
  const content = readAnyWithin(folder, path)
  if (typeof content === 'string') return content
  throw new Error(`${resolve(folder, path)} is not UTF-8 text`)
}

/** Reads a file below a folder: as text, or its bytes if they are not UTF-8. Refuses as readWithin. */
export function readAnyWithin(folder: string, path: string): string | Uint8Array {
  const file = resolve(folder, path)
  if (isAbsolute(path) || leaves(folder, file)) throw new Error(`${path} leads out of the folder ${folder}`)
  let real: string
  try {
    real = realpathSync(file)
  } catch (error) {
    throw new Error(`${file} cannot be read`, { cause: error })
  }
  if (leaves(realpathSync(folder), real)) throw new Error(`${path} leads out of the folder ${folder}`)
  // Reading a pipe may block forever, and no time limit can stop that.
  const stats = statSync(real)
  if (!stats.isFile() && !stats.isDirectory())
    throw new Error(`${file} cannot be read: it is not a regular file`)
  const bytes = readFileSync(real)
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : bytes
}

function leaves(folder: string, file: string): boolean {
  const way = relative(folder, file)
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
}
