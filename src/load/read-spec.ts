import { readFile, stat } from 'node:fs/promises'
import { SpecError } from '../model/errors.ts'

const maxBytes = 8 * 1024 * 1024

/** Reads the spec as text. Throws a SpecError if it is missing, too large or not UTF-8. */
export async function readSpec(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > maxBytes) {
      throw problem(
        'too-large',
        `${file} has ${size} bytes; the limit for a spec is 8 MiB`,
        'split it into several clusters',
      )
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (error) {
    if (error instanceof SpecError) throw error
    if (error instanceof TypeError)
      throw problem('not-utf8', `${file} is not valid UTF-8`, 'save it as UTF-8')
    throw unreadable(file, error)
  }
}

function unreadable(file: string, error: unknown): SpecError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') {
    return problem('not-found', `${file} does not exist`, 'name the spec with -f, or run `converge init`')
  }
  if (code === 'EISDIR') return problem('unreadable', `${file} is a directory`, 'name a file in it')
  if (code === 'EACCES') return problem('unreadable', `${file} is not readable`, 'check its permissions')
  return problem(
    'unreadable',
    `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
  )
}

function problem(code: string, message: string, hint?: string): SpecError {
  return new SpecError([{ code, message, hint }])
}
