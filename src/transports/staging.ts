import { InternalError } from '../model/errors.ts'
import type { Upload } from '../model/transport.ts'

export function sizeOf(upload: Upload): number {
  return 'bytes' in upload ? upload.bytes.length : upload.sizeBytes
}

/** Refuses invalid uploads, the same for every transport. */
export function checkUpload(directory: string, files: readonly Upload[]): void {
  if (!directory.startsWith('/') || directory.split('/').includes('..')) {
    throw new InternalError(`the staging directory ${JSON.stringify(directory)} is not an absolute path`)
  }
  const names = new Set<string>()
  for (const { name } of files) {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
      throw new InternalError(`${JSON.stringify(name)} is not a file name`)
    }
    if (names.has(name)) throw new InternalError(`${JSON.stringify(name)} is uploaded twice`)
    names.add(name)
  }
}
