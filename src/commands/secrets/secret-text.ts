import { usageError } from '../cli/usage-error.ts'

const largestBytes = 64 * 1024

/** Bytes as the text of a secret: one line without its line break, several lines as they are. */
export function secretText(bytes: Uint8Array, where: string): string {
  if (bytes.length > largestBytes)
    throw usageError(
      `${where} has ${bytes.length} bytes; a secret may have 64 KiB`,
      'keep large files elsewhere',
    )
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw usageError(`${where} is not UTF-8 text`, 'encode it, such as with base64')
  }
  if (text.includes('\0')) throw usageError(`${where} has a NUL character`, 'encode it, such as with base64')
  const line = text.replace(/\r?\n$/, '')
  const value = line.includes('\n') ? text : line
  if (value === '') throw usageError(`${where} is empty`, 'a secret has at least one character')
  return value
}
