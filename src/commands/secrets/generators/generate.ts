import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto'
import { InternalError } from '../../../model/errors.ts'
import type { SecretNeed } from '../../../model/secret-need.ts'
import { newAuthority, newCertificate } from './certificates.ts'
import type { GeneratorContext, Made } from './generator.ts'
import { newSshKey } from './ssh-key.ts'

/** Makes a value for everything but `opaque`. */
export async function generate(need: SecretNeed, context: GeneratorContext): Promise<Made> {
  switch (need.kind) {
    case 'password':
      return { value: Array.from({ length: need.length }, randomLetter).join('') }
    case 'token':
      return { value: randomBytes(need.bytes).toString('hex') }
    case 'sshKey':
      return newSshKey(context.key)
    case 'wireguardKey':
      return newWireguardKey()
    case 'authority':
      return newAuthority(need, context)
    case 'certificate':
      return newCertificate(need, await context.authorityOf(need), context)
    case 'opaque':
      throw new InternalError(`${context.key} is opaque`)
  }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function randomLetter(): string {
  return letters[randomInt(letters.length)] ?? ''
}

function newWireguardKey(): Made {
  const { privateKey } = generateKeyPairSync('x25519')
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' })
  const inBase64 = (text: string) => Buffer.from(text, 'base64url').toString('base64')
  return { value: inBase64(d), public: inBase64(x) }
}
