import { createPrivateKey } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import type { ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import { partsOf, readPublicLine } from '../../model/public-key.ts'

/** What an identity file has. */
export interface Identity {
  readonly file: string
  /** As far as it is known without a passphrase: of the file, of the `.pub` file beside it, or of the private key. */
  readonly publicKey: Buffer | undefined
  readonly key?: ParsedKey
  /** Why there is no private key to log in with: `absent`, `public`, `encrypted`, or in words. */
  readonly problem?: string
}

export async function readIdentity(file: string): Promise<Identity> {
  const beside = readPublicLine(await readFile(`${file}.pub`, 'utf8').catch(() => ''))
  try {
    const text = await readFile(file, 'utf8')
    const itself = readPublicLine(text)
    if (itself !== undefined) return { file, publicKey: itself, problem: 'public' }
    const unlocked = beside ?? publicPartOf(text)
    if (await isOpen(file)) return { file, publicKey: unlocked, problem: 'users other than you can read it' }
    const key = parsePrivate(text)
    if (key === 'encrypted') return { file, publicKey: unlocked, problem: key }
    const publicKey = key.getPublicSSH()
    if (beside?.equals(publicKey) === false)
      return { file, publicKey: beside, problem: `${file}.pub is of another key` }
    return { file, publicKey, key }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { file, publicKey: beside, problem: 'absent' }
    return { file, publicKey: beside, problem: error instanceof Error ? error.message : String(error) }
  }
}

export function isParsedKey(value: unknown): value is ParsedKey {
  return typeof value === 'object' && value !== null && 'isPrivateKey' in value
}

/** As ssh, which looks only at one's own files. */
async function isOpen(file: string): Promise<boolean> {
  const { mode, uid } = await stat(file)
  return uid === process.getuid?.() && (mode & 0o077) !== 0
}

function parsePrivate(text: string): ParsedKey | 'encrypted' {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----/.test(text)) return 'encrypted'
  const parsed: unknown = ssh2.utils.parseKey(fromPkcs8(text))
  // ssh2's types say one key, but it returns a list for OpenSSH's own format.
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  if (key instanceof Error) {
    if (/encrypted/i.test(key.message)) return 'encrypted'
    throw key
  }
  if (!isParsedKey(key) || !key.isPrivateKey()) throw new Error('it is not a private key')
  return key
}

/** ssh2 does not read PKCS #8, which OpenSSL writes. */
function fromPkcs8(text: string): string {
  if (!/-----BEGIN PRIVATE KEY-----/.test(text)) return text
  const key = createPrivateKey(text)
  return key.asymmetricKeyType === 'rsa'
    ? key.export({ type: 'pkcs1', format: 'pem' }).toString()
    : key.export({ type: 'sec1', format: 'pem' }).toString()
}

/** The public part of a private key in OpenSSH's format, which is never encrypted. */
function publicPartOf(text: string): Buffer | undefined {
  const [, base64 = ''] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(text) ?? []
  const magic = 'openssh-key-v1\0'
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined
  // Cipher, KDF and its options; the number of keys; the public key; the encrypted rest.
  let at = magic.length
  for (let part = 0; part < 3; part += 1) at += 4 + bytes.readUInt32BE(at)
  return partsOf(bytes.subarray(at + 4))?.[0]
}
