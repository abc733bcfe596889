import { hash } from 'node:crypto'
import type { Content } from '../../model/operation.ts'
import type { LargeFile } from '../../model/resource.ts'
import { isSecret, type Secret, stands } from '../../model/secret.ts'
import { masked, type SecretSpan } from '../../model/secret-spans.ts'

/** Text as UTF-8, also with secrets. */
export function textContent(text: string | Secret): Content {
  if (!isSecret(text)) return plainContent(text)
  const secrets: SecretSpan[] = []
  let data = ''
  for (const piece of text.pieces()) {
    const own = typeof piece === 'string' ? piece : piece.text
    if (typeof piece !== 'string') secrets.push({ name: piece.name, at: data.length, length: own.length })
    data += own
  }
  return { ...plainContent(data), ...(secrets.length > 0 && { secrets }) }
}

/** The text with words for its secrets. */
export function shownText(text: string | Secret): string {
  const { data, secrets = [] } = textContent(text)
  return masked(data, secrets, ({ name }) => stands(name))
}

function plainContent(text: string): Content {
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
