import { InternalError } from '../../model/errors.ts'

type Age = typeof import('age-encryption')

// Loading it takes longer than most commands.
const load = (): Promise<Age> => import('age-encryption')

/** A text as an encrypted file of age in base64, for X25519 public keys. */
export async function encrypted(text: string, recipients: Iterable<string>): Promise<string> {
  const { Encrypter } = await load()
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return Buffer.from(await encrypter.encrypt(text)).toString('base64')
}

/** Undefined if none of the identities opens it, or it was damaged. */
export async function decrypted(value: string, identities: readonly string[]): Promise<string | undefined> {
  const { Decrypter } = await load()
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  let bytes: Uint8Array
  try {
    bytes = await decrypter.decrypt(Buffer.from(value, 'base64'))
  } catch {
    return undefined
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

/** How many public keys a value is encrypted for. */
export function countRecipients(value: string): number {
  const [header = ''] = Buffer.from(value, 'base64').toString('latin1').split('\n---', 1)
  return header.split('\n-> ').length - 1
}

/** Whether it is a whole public key: its last characters are a checksum. */
export async function isPublicKey(text: string): Promise<boolean> {
  const { Encrypter } = await load()
  try {
    new Encrypter().addRecipient(text)
    return true
  } catch {
    return false
  }
}

/** Whether it is a whole private key. */
export async function isPrivateKey(text: string): Promise<boolean> {
  const { Decrypter } = await load()
  try {
    new Decrypter().addIdentity(text)
    return true
  } catch {
    return false
  }
}

export async function publicKeyOf(identity: string): Promise<string> {
  const { identityToRecipient } = await load()
  return identityToRecipient(identity)
}

/** A new private key. */
export async function newIdentity(): Promise<string> {
  const { generateX25519Identity } = await load()
  const identity = await generateX25519Identity()
  if (!(await isPrivateKey(identity))) throw new InternalError('the new key cannot be read')
  return identity
}
