import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { given } from '../../model/given.ts'
import type { SecretKind } from '../../model/secret-need.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Made } from './generators/generator.ts'

/** A value from elsewhere with its public half, as its kind has one. Throws a SpecError without any of the value in it. */
export function withPublicHalf(key: string, kind: SecretKind, value: string): Made {
  switch (kind) {
    case 'sshKey':
      return { value, public: publicSshKey(key, value) }
    case 'wireguardKey':
      return { value, public: publicWireguardKey(key, value) }
    case 'authority':
    case 'certificate':
      return withCertificate(key, kind, value)
    default:
      return { value }
  }
}

/** The public half is in a private key of OpenSSH in plain text, behind the cipher. */
function publicSshKey(key: string, value: string): string {
  const [, base64 = ''] =
    /^-----BEGIN OPENSSH PRIVATE KEY-----\n([\w+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*$/.exec(value) ??
    []
  const bytes = Buffer.from(base64, 'base64')
  const fields: Buffer[] = []
  let at = 'openssh-key-v1\0'.length
  const read = () => {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0
    fields.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  for (let count = 0; count < 3; count++) read()
  at += 4
  read()
  const [cipher, , , blob] = fields
  if (cipher === undefined || cipher.length === 0 || blob === undefined || blob.length < 4)
    throw usageError(
      `${key}: this is not a private key of OpenSSH`,
      'it begins with -----BEGIN OPENSSH PRIVATE KEY-----',
    )
  if (cipher.toString() !== 'none')
    throw usageError(
      `${key}: this key has a passphrase`,
      'remove it with `ssh-keygen -p` from a copy; age encrypts the value',
    )
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1')
  return `${type} ${blob.toString('base64')} ${key}`
}

function publicWireguardKey(key: string, value: string): string {
  const raw = Buffer.from(value, 'base64')
  if (!/^[A-Za-z0-9+/]{43}=$/.test(value) || raw.length !== 32)
    throw usageError(
      `${key}: this is not a private key of WireGuard`,
      'it has 44 characters, as `wg genkey` prints it',
    )
  // PKCS #8 of a bare X25519 key (RFC 8410).
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), raw])
  const { x = '' } = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'jwk',
  })
  return Buffer.from(x, 'base64url').toString('base64')
}

const pem = /-----BEGIN ([A-Z ]+)-----\n[\w+/=\s]+-----END \1-----\n?/g

/** A private key and its certificate, both as PEM in one text. */
function withCertificate(key: string, kind: 'authority' | 'certificate', value: string): Made {
  const blocks = [...value.replaceAll('\r\n', '\n').matchAll(pem)]
  const privateKeys = blocks.filter(([, type = '']) => type.endsWith('PRIVATE KEY'))
  const certificates = blocks.filter(([, type]) => type === 'CERTIFICATE')
  const [[privateKey = ''] = [], [certificate = ''] = []] = [privateKeys[0], certificates[0]]
  if (privateKeys.length !== 1 || certificates.length !== 1)
    throw usageError(
      `${key}: a private key and one certificate as PEM are expected`,
      `such as with \`cat key.pem cert.pem | converge secrets set ${key} --kind ${kind}\``,
    )
  const { own, fits } = understood(key, privateKey, certificate)
  if (!fits)
    throw usageError(
      `${key}: the certificate is of another private key`,
      'provide the two that belong together',
    )
  if (kind === 'authority' && !own.ca)
    throw usageError(`${key}: the certificate is not one of an authority`, 'set it with --kind certificate')
  return { value: privateKey, certificate: own.raw.toString('base64') }
}

function understood(key: string, privateKey: string, certificate: string) {
  try {
    const own = new X509Certificate(certificate)
    return { own, fits: own.checkPrivateKey(createPrivateKey(privateKey)) }
  } catch {
    throw usageError(
      `${key}: the private key or the certificate cannot be read`,
      'a key with a passphrase cannot be, either',
    )
  }
}

/** The entry of a value in secrets.yaml, encrypted. */
export function entryWith<Entry extends object>(
  entry: Entry,
  { public: half, certificate }: Made,
  value: string,
) {
  return { ...entry, ...given({ public: half, certificate }), value }
}
