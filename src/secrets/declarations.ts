import type { CertificateNeed, CertificateUsage, SecretNeed } from '../model/secret-need.ts'

type Options<Kind extends SecretNeed['kind']> = Partial<Omit<Extract<SecretNeed, { kind: Kind }>, 'kind'>>

/** A random password of letters and digits. */
export function password({ length = 32 }: Options<'password'> = {}): SecretNeed {
  return { kind: 'password', length }
}

/** Random bytes in hex. */
export function token({ bytes = 32 }: Options<'token'> = {}): SecretNeed {
  return { kind: 'token', bytes }
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
  return { kind: 'authority', days }
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
  return { kind: 'certificate', authority, names, usages, days }
}
