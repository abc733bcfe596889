import type { CertificateNeed, CertificateUsage, SecretNeed } from '../model/secret-need.ts'
import { canonicalName, typeOfName } from './names.ts'

type Options<Kind extends SecretNeed['kind']> = Partial<Omit<Extract<SecretNeed, { kind: Kind }>, 'kind'>>

/** A random password of letters and digits. */
export function password({ length = 32 }: Options<'password'> = {}): SecretNeed {
  return { kind: 'password', length: atLeast(8, 'length', length) }
}

/** Random bytes in hex. */
export function token({ bytes = 32 }: Options<'token'> = {}): SecretNeed {
  return { kind: 'token', bytes: atLeast(8, 'bytes', bytes) }
}

/** An ed25519 key of OpenSSH. Its public half is a line of authorized_keys. */
export function sshKey(): SecretNeed {
  return { kind: 'sshKey' }
}

/** A private key of WireGuard. Its public half is in base64, too. */
export function wireguardKey(): SecretNeed {
  return { kind: 'wireguardKey' }
}

/** The private key of a certificate authority. Its certificate signs those of `certificate`. */
export function authority({ days = 3650 }: Options<'authority'> = {}): SecretNeed {
  return { kind: 'authority', days: atLeast(1, 'days', days) }
}

/** The private key of a certificate that the authority with this key issues; for servers and clients by default. */
export function certificate({
  authority,
  names,
  usages = ['server', 'client'],
  days = 365,
}: Pick<CertificateNeed, 'authority' | 'names'> & {
  readonly usages?: readonly CertificateUsage[]
  readonly days?: number
}): SecretNeed {
  const wrong = names.find((name) => typeOfName(name) === undefined)
  if (wrong !== undefined) throw new Error(`certificate: ${wrong} is neither a DNS name nor an IP address`)
  if (names.length === 0 || usages.length === 0)
    throw new Error('certificate: names and usages must not be empty')
  const own = [...new Set(names.map(canonicalName))].sort()
  return { kind: 'certificate', authority, names: own, usages, days: atLeast(1, 'days', days) }
}

/** Anything that only a person can provide, by `converge secrets set`. */
export function opaque(): SecretNeed {
  return { kind: 'opaque' }
}

function atLeast(least: number, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`${name} must be a whole number of at least ${least}, not ${value}`)
}
