import { InternalError } from './errors.ts'
import type { Content } from './operation.ts'

/** The bytes of a content in memory. */
export function bytesOf({ encoding, data, sha256 }: Content): Buffer {
  if (encoding === 'file') throw new InternalError(`the content ${sha256} is in a file`)
  return Buffer.from(data, encoding)
}
