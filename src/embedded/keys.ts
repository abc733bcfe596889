import { generateKeyPairSync } from 'node:crypto'
import type { ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'

export interface EmbeddedKey {
  /** PEM, as OpenSSH reads it too. */
  readonly privatePem: string
  readonly publicBlob: Buffer
  readonly type: string
  readonly key: ParsedKey
}

/** Generates a key without ssh-keygen, which may be missing. ECDSA takes well under a millisecond. */
export function generateKey(): EmbeddedKey {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const key = ssh2.utils.parseKey(privateKey)
  if (key instanceof Error) throw key
  return { privatePem: privateKey, publicBlob: key.getPublicSSH(), type: key.type, key }
}
