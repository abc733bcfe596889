/** What a secret is to be, and what its generator must know. */
export type SecretNeed =
  | { readonly kind: 'password'; readonly length: number }
  | { readonly kind: 'token'; readonly bytes: number }
  | { readonly kind: 'sshKey' }
  | { readonly kind: 'wireguardKey' }
  | { readonly kind: 'authority'; readonly days: number }
  | CertificateNeed
  | { readonly kind: 'opaque' }

export interface CertificateNeed {
  readonly kind: 'certificate'
  /** The key of the authority that issues it. */
  readonly authority: string
  /** Names and addresses that it is valid for. */
  readonly names: readonly string[]
  readonly usages: readonly CertificateUsage[]
  readonly days: number
}

export const secretKinds = [
  'password',
  'token',
  'sshKey',
  'wireguardKey',
  'authority',
  'certificate',
  'opaque',
] as const satisfies readonly SecretNeed['kind'][]
export type SecretKind = SecretNeed['kind']

export const certificateUsages = ['server', 'client'] as const
export type CertificateUsage = (typeof certificateUsages)[number]

/** How a secret is named: words with slashes between them. */
export const secretKeyPattern = '^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*$'
