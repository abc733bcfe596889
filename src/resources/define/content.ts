import { hash } from 'node:crypto'
import type { Content } from '../../model/operation.ts'
import type { LargeFile } from '../../model/resource.ts'

/** Text as UTF-8. */
export function textContent(text: string): Content {
  return {
    encoding: 'utf8',
    data: text,
    sha256: hash('sha256', text),
    sizeBytes: Buffer.byteLength(text, 'utf8'),
  }
}

/** Bytes that stay in a file. */
export function fileContent(file: Pick<LargeFile, 'sha256' | 'sizeBytes'>): Content {
  return { encoding: 'file', data: '', ...file }
}

/** Bytes in base64. */
export function base64Content(data: string): Content {
  const bytes = Buffer.from(data, 'base64')
  return {
    encoding: 'base64',
    data: bytes.toString('base64'),
    sha256: hash('sha256', bytes),
    sizeBytes: bytes.length,
  }
}
