import type { CertificateNeed } from '../../../model/secret-need.ts'

/** A new value, and the half of it that everybody may see. */
export interface Made {
  readonly value: string
  readonly public?: string
  /** In base64 (DER). */
  readonly certificate?: string
}

/** What signs certificates. */
export interface Authority {
  /** A private key as PEM. */
  readonly value: string
  readonly certificate: string
}

export interface GeneratorContext {
  /** The key of the secret that is made. */
  readonly key: string
  readonly now: Date
  authorityOf(need: CertificateNeed): Promise<Authority>
}
