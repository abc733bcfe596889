/** Bytes as text; null if they are not UTF-8 or contain a NUL. */
export function textOf(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return text.includes('\0') || !Buffer.from(text).equals(bytes) ? null : text
}
