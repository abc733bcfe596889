import { createHash } from 'node:crypto'

/** How many parts a public key of each type has, its type included. */
const PARTS: Readonly<Record<string, number>> = {
  'ssh-ed25519': 2,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
  'ssh-rsa': 3,
  'sk-ssh-ed25519@openssh.com': 3,
  'sk-ecdsa-sha2-nistp256@openssh.com': 4,
}
export const publicKeyTypes: readonly string[] = Object.keys(PARTS)
const ED25519_BYTES = 32
const MIN_RSA_BITS = 1024

/** The blob of a key in a file, written `TYPE BASE64`; undefined if OpenSSH 10 cannot read it. */
export function readPublicKey(type: string, base64: string): Buffer | undefined {
  const blob = Buffer.from(base64, 'base64')
  // Node decodes what it can; ssh refuses the whole.
  if (blob.toString('base64') !== base64) return undefined
  const parts = partsOf(blob)
  if (parts === undefined || parts.length !== PARTS[type] || parts[0]?.toString('latin1') !== type)
    return undefined
  if (type === 'ssh-ed25519' && parts[1]?.length !== ED25519_BYTES) return undefined
  if (type.startsWith('ecdsa-') && `ecdsa-sha2-${parts[1]}` !== type) return undefined
  return (rsaBits(blob) ?? MIN_RSA_BITS) < MIN_RSA_BITS ? undefined : blob
}

/** The public key of a line `TYPE BASE64 COMMENT`. */
export function readPublicLine(line: string): Buffer | undefined {
  const [type = '', base64 = ''] = line.trim().split(/[ \t]+/)
  return readPublicKey(type, base64)
}

/** The type that a public key blob names, such as `ssh-ed25519`. */
export function keyTypeOf(key: Uint8Array): string {
  return partsOf(key)?.[0]?.toString('latin1') ?? ''
}

/** The size of an RSA key; undefined for other types. */
export function rsaBits(key: Uint8Array): number | undefined {
  const [type, , modulus] = partsOf(key) ?? []
  if (type?.toString('latin1') !== 'ssh-rsa' || modulus === undefined) return undefined
  const hex = modulus.toString('hex').replace(/^0+/, '')
  return hex === '' ? 0 : 4 * hex.length - Math.clz32(Number.parseInt(hex[0] ?? '0', 16)) + 28
}

/** `SHA256:...` as OpenSSH prints it. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The parts of a blob, each after its length; undefined if it is cut or has anything after them. */
export function partsOf(key: Uint8Array): readonly Buffer[] | undefined {
  const blob = Buffer.from(key)
  const parts: Buffer[] = []
  for (let at = 0; at < blob.length; ) {
    if (at + 4 > blob.length) return undefined
    const end = at + 4 + blob.readUInt32BE(at)
    if (end > blob.length) return undefined
    parts.push(blob.subarray(at + 4, end))
    at = end
  }
  return parts
}
