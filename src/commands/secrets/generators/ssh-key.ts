import { generateKeyPairSync, randomBytes } from 'node:crypto'

/**
 * An ed25519 key in OpenSSH's own format (PROTOCOL.key of its sources), whose comment is the name of the secret. Node
 * makes the key: ssh-keygen would write it to a file.
 */
export function newSshKey(comment: string): { readonly value: string; readonly public: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' })
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]
  const blob = Buffer.concat([field('ssh-ed25519'), field(point)])
  // The same number twice: whoever decrypts the key sees by it that the passphrase was right.
  const check = randomBytes(4)
  const secret = Buffer.concat([check, check, blob, field(Buffer.concat([seed, point])), field(comment)])
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1))
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[field('none'), field('none'), field('')],
    Buffer.from([0, 0, 0, 1]),
    field(blob),
    field(Buffer.concat([secret, padding])),
  ])
  const lines = whole.toString('base64').replaceAll(/.{1,70}/g, '$&\n')
  return {
    value: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}-----END OPENSSH PRIVATE KEY-----\n`,
    public: `ssh-ed25519 ${blob.toString('base64')} ${comment}`,
  }
}

/** A text or bytes with their length before them (RFC 4251). */
function field(content: string | Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(content))
  return Buffer.concat([length, Buffer.from(content)])
}
