import { type FileHandle, open } from 'node:fs/promises'
import { SpecError } from '../../model/errors.ts'
import type { SpecCode } from '../../model/spec-codes.ts'

/** How large a spec may be, with what it includes. */
export const maxSpecBytes = 8 * 1024 * 1024

const missingSpec = 'name the spec with -f, or run `converge init`'

/** Reads a file of a spec as text. Throws a SpecError if it is missing, too large or not UTF-8; `missing` says what to do then. */
export async function readText(file: string, missing = missingSpec): Promise<string> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file)
    const { size } = await handle.stat()
    const bytes = size > maxSpecBytes ? undefined : await readAtMost(handle, maxSpecBytes)
    if (bytes === undefined) {
      const found = size > maxSpecBytes ? `has ${size} bytes` : 'does not end'
      throw problem(
        'too-large',
        `${file} ${found}; the limit for a spec is 8 MiB`,
        'split it into several clusters',
      )
    }
    return decoded(file, bytes)
  } catch (error) {
    if (error instanceof SpecError) throw error
    throw unreadable(file, error, missing)
  } finally {
    await handle?.close()
  }
}

/** All bytes; undefined if there are more. A pipe or a device does not say how many. */
async function readAtMost(handle: FileHandle, limit: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  while (length <= limit) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(64 * 1024))
    if (bytesRead === 0) return Buffer.concat(pieces)
    pieces.push(buffer.subarray(0, bytesRead))
    length += bytesRead
  }
  return undefined
}

function decoded(file: string, bytes: Buffer): string {
  if (isUtf16(bytes)) throw problem('not-utf8', `${file} is UTF-16 text`, 'save it as UTF-8')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    if (bytes.includes(0)) throw problem('not-utf8', `${file} is not a text file`, 'name the spec with -f')
    throw notUtf8(file, bytes)
  }
}

/** Also without a byte order mark: then most characters have one byte that is zero. */
function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.subarray(0, 2).toString('hex')
  if (mark === 'fffe' || mark === 'feff') return true
  const start = bytes.subarray(0, 64)
  const zeros = (odd: number) => start.filter((byte, index) => byte === 0 && index % 2 === odd).length
  return Math.max(zeros(0), zeros(1)) > start.length / 4 && Math.min(zeros(0), zeros(1)) === 0
}

/** Names the place of the first byte that is not UTF-8. */
function notUtf8(file: string, bytes: Buffer): SpecError {
  const before = new TextDecoder().decode(bytes).split('\uFFFD', 1).join('').split('\n')
  const position = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, length: 1 }
  const message = 'this character is not UTF-8'
  return new SpecError([{ code: 'not-utf8', message, hint: 'save the file as UTF-8', position }])
}

function unreadable(file: string, error: unknown, missing: string): SpecError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return problem('not-found', `${file} does not exist`, missing)
  if (code === 'EISDIR') return problem('unreadable-file', `${file} is a directory`, 'name a file in it')
  if (code === 'EACCES') return problem('unreadable-file', `${file} is not readable`, 'check its permissions')
  return problem(
    'unreadable-file',
    `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
  )
}

function problem(code: SpecCode, message: string, hint?: string): SpecError {
  return new SpecError([{ code, message, hint }])
}
