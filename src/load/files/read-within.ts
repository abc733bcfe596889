import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import type { LargeFile } from '../../model/resource.ts'
import { isSystemError } from '../../model/system-error.ts'
import { nearest } from '../../validation/nearest.ts'

/** A file by its path from a folder. Paths and symbolic links must not lead out of the root, a folder at or above that. */
export interface FileWithin {
  readonly root: string
  readonly folder: string
  readonly path: string
}

/** Reads a text file below a folder. Refuses paths and symbolic links that lead out of the folder. */
export function readWithin(folder: string, path: string): string {
  const content = readAnyWithin({ root: folder, folder, path })
  if (typeof content === 'string') return content
  throw new Error(`${resolve(folder, path)} is not UTF-8 text`)
}

/** Reads a file: as text, or its bytes if they are not UTF-8. */
export function readAnyWithin(wanted: FileWithin): string | Uint8Array {
  const bytes = readFileSync(fileWithin(wanted))
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : bytes
}

const largeBytes = 1024 * 1024

/** A large file, which is better left on disk; undefined for others. */
export function largeWithin(wanted: FileWithin): LargeFile | undefined {
  const file = fileWithin(wanted)
  if (statSync(file).size < largeBytes) return undefined
  const hash = createHash('sha256')
  const piece = Buffer.alloc(largeBytes)
  const handle = openSync(file, 'r')
  try {
    let sizeBytes = 0
    for (;;) {
      const read = readSync(handle, piece)
      if (read === 0) return { file, sha256: hash.digest('hex'), sizeBytes }
      hash.update(piece.subarray(0, read))
      sizeBytes += read
    }
  } finally {
    closeSync(handle)
  }
}

/** The file's real path. Throws an Error if it may not or cannot be read. */
export function fileWithin({ root, folder, path }: FileWithin): string {
  const file = resolve(folder, path)
  const outside = () => new Error(`${path} leads out of the folder ${root}`)
  if (isAbsolute(path) || leaves(root, file)) throw outside()
  let real: string
  try {
    real = realpathSync(file)
  } catch (error) {
    const isMissing = isSystemError(error) && error.code === 'ENOENT'
    if (isMissing) throw new MissingFile(file, namesBeside(file, root))
    throw new Error(`${file} cannot be read`, { cause: error })
  }
  if (leaves(realpathSync(root), real)) throw outside()
  // Pipelines leave credentials there. On some systems `.GIT` is the same folder.
  if (isOfGit(realpathSync(root), real)) throw new Error(`${path} is git's own`)
  // Reading a pipe may block forever, and no time limit can stop that.
  const stats = statSync(real)
  if (stats.isDirectory()) throw new Error(`${file} is a directory`)
  if (!stats.isFile()) throw new Error(`${file} cannot be read: it is not a regular file`)
  return real
}

/** A file that is not there. */
class MissingFile extends Error {
  /** Which one is like it. */
  readonly hint: string | undefined

  constructor(file: string, beside: readonly string[]) {
    super(`${file} does not exist`)
    this.name = 'MissingFile'
    const name = basename(file)
    const likely = beside.find((one) => one.startsWith(`${name}.`)) ?? nearest(name, beside)
    this.hint = likely && `did you mean ${likely}?`
  }
}

/** What to do about a file that cannot be read, if that is known. */
export function hintOf(error: unknown): string | undefined {
  return error instanceof MissingFile ? error.hint : undefined
}

/** What is in the folder of a file, if that may be read. */
function namesBeside(file: string, root: string): readonly string[] {
  try {
    const [real, below] = [realpathSync(dirname(file)), realpathSync(root)]
    return leaves(below, real) || isOfGit(below, real) ? [] : readdirSync(real)
  } catch {
    // It is not there either.
    return []
  }
}

function isOfGit(root: string, real: string): boolean {
  return /(?:^|\/)\.git(?:\/|$)/i.test(relative(root, real))
}

function leaves(folder: string, file: string): boolean {
  const way = relative(folder, file)
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
}
