import { X509Certificate } from 'node:crypto'
import type { CertificateUsage } from '../model/secret-need.ts'
import { canonicalName } from './names.ts'
import type { SecretEntry, SecretsFile } from './secrets-file.ts'

const dayMs = 86_400_000

/** What a certificate says. */
export interface CertificateFacts {
  /** In one spelling, sorted. */
  readonly names: readonly string[]
  readonly usages: readonly CertificateUsage[]
  readonly notAfter: Date
  /** How long it was issued for. */
  readonly days: number
}

/** What a certificate in base64 (DER) says; undefined if it is not one. */
export function certificateFacts(base64: string): CertificateFacts | undefined {
  const certificate = parsed(base64)
  if (certificate === undefined) return undefined
  const { subjectAltName = '', validFrom, validTo, keyUsage = [] } = certificate
  const names = [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = '']) =>
    canonicalName(name),
  )
  const notAfter = new Date(validTo)
  return {
    names: names.toSorted(),
    usages: Object.entries(usageIds).flatMap(([usage, id]) =>
      keyUsage.includes(id) ? [usage as CertificateUsage] : [],
    ),
    notAfter,
    days: Math.round((notAfter.getTime() - new Date(validFrom).getTime()) / dayMs),
  }
}

/** The object identifiers of extended key usages (RFC 5280). */
const usageIds: Readonly<Record<CertificateUsage, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
}

/** Whether the authority with this certificate, and with this key, issued the other one. */
export function isIssuedBy(base64: string, authority: string): boolean {
  const [own, issuer] = [parsed(base64), parsed(authority)]
  return own !== undefined && issuer !== undefined && own.checkIssued(issuer) && own.verify(issuer.publicKey)
}

/**
 * The certificates by which a secret is known, in base64 (DER). An authority that is rotated has two: whoever trusts it trusts
 * the next one or the one before as well.
 */
export function certificatesOf(entry: SecretEntry, secrets: SecretsFile['secrets']): readonly string[] {
  const next = entry.next === undefined ? undefined : secrets.get(entry.next)?.certificate
  return [entry.certificate, next, entry.previous].filter((one) => one !== undefined)
}

/** A certificate as PEM. */
export function pemOf(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
}

/** Whether an authority issued a certificate, or the one that is trusted beside it. */
export function isTrusted(
  certificate: string,
  authority: SecretEntry,
  secrets: SecretsFile['secrets'],
): boolean {
  return certificatesOf(authority, secrets).some((issuer) => isIssuedBy(certificate, issuer))
}

function daysUntil(date: Date, now: Date): number {
  return Math.floor((date.getTime() - now.getTime()) / dayMs)
}

/** What is wrong with a secret that has a certificate; `isUrgent` if it does not work any more. */
export interface CertificateFinding {
  readonly message: string
  readonly isUrgent: boolean
}

/** Whether a certificate works and will work for a while. */
export function certificateFindings(
  entry: SecretEntry,
  secrets: SecretsFile['secrets'],
  { now, withinDays }: { readonly now: Date; readonly withinDays: number },
): readonly CertificateFinding[] {
  if (entry.certificate === undefined) return []
  const facts = certificateFacts(entry.certificate)
  if (facts === undefined) return [{ message: 'its certificate cannot be read', isUrgent: true }]
  const issuer = entry.authority === undefined ? undefined : secrets.get(entry.authority)
  const left = daysUntil(facts.notAfter, now)
  const findings: (CertificateFinding | false)[] = [
    issuer?.certificate !== undefined &&
      !isIssuedBy(entry.certificate, issuer.certificate) && {
        message: `its certificate is not of the authority ${entry.authority}`,
        isUrgent: !isTrusted(entry.certificate, issuer, secrets),
      },
    left < withinDays && {
      message:
        left < 0
          ? `it expired on ${dayOf(facts.notAfter)}`
          : `it expires on ${dayOf(facts.notAfter)}, in ${left} days`,
      isUrgent: left < 0,
    },
  ]
  return findings.filter((finding) => finding !== false)
}

/** `2027-01-31` */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}

function parsed(base64: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'))
  } catch {
    return undefined
  }
}
