import { createPrivateKey, type KeyObject, webcrypto } from 'node:crypto'
import type { CertificateNeed, CertificateUsage, SecretNeed } from '../../../model/secret-need.ts'
import { certificateFacts } from '../../../secrets/certificates.ts'
import { typeOfName } from '../../../secrets/names.ts'
import { usageError } from '../../cli/usage-error.ts'
import type { Authority, GeneratorContext, Made } from './generator.ts'

type X509 = typeof import('@peculiar/x509')

async function load(): Promise<X509> {
  // The library needs its metadata to be there first.
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

const keys = { name: 'ECDSA', namedCurve: 'P-256' }
const signing = { name: 'ECDSA', hash: 'SHA-256' }

/** Clocks of hosts may be behind. */
const leewayMs = 3_600_000
const dayMs = 86_400_000

export async function newAuthority(
  { days }: Extract<SecretNeed, { kind: 'authority' }>,
  { key, now }: GeneratorContext,
): Promise<Made> {
  const x509 = await load()
  const pair = await webcrypto.subtle.generateKey(keys, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: commonName(key),
    notBefore: new Date(now.getTime() - leewayMs),
    notAfter: new Date(now.getTime() + days * dayMs),
    signingAlgorithm: signing,
    keys: pair,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(pair.publicKey),
    ],
  })
  return made(pair.privateKey, certificate)
}

export async function newCertificate(
  { names, usages, days }: CertificateNeed,
  authority: Authority,
  { key, now }: GeneratorContext,
): Promise<Made> {
  const x509 = await load()
  const issuer = new x509.X509Certificate(authority.certificate)
  const end = certificateFacts(authority.certificate)?.notAfter ?? now
  if (end <= now)
    throw usageError(`${key}: its authority has expired`, 'make a new one: `converge secrets rotate` it')
  const pair = await webcrypto.subtle.generateKey(keys, true, ['sign', 'verify'])
  const signer = await signerOf(createPrivateKey(authority.value))
  const certificate = await x509.X509CertificateGenerator.create({
    subject: commonName(names[0] ?? key),
    issuer: issuer.subjectName,
    notBefore: new Date(now.getTime() - leewayMs),
    // It cannot outlive its authority.
    notAfter: new Date(Math.min(now.getTime() + days * dayMs, end.getTime())),
    signingAlgorithm: signer.algorithm,
    publicKey: pair.publicKey,
    signingKey: signer.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages.map((usage) => x509.ExtendedKeyUsage[usageNames[usage]])),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: typeOfName(name) ?? 'dns', value: name })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(pair.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return made(pair.privateKey, certificate)
}

const usageNames = { server: 'serverAuth', client: 'clientAuth' } as const satisfies Record<
  CertificateUsage,
  string
>

/** The subject of a certificate, which has at most 64 characters (RFC 5280). */
function commonName(name: string) {
  return [{ CN: [name.slice(0, 64)] }]
}

async function made(
  privateKey: webcrypto.CryptoKey,
  certificate: { readonly rawData: ArrayBuffer },
): Promise<Made> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64')
  return {
    value: `-----BEGIN PRIVATE KEY-----\n${der.replaceAll(/.{1,64}/g, '$&\n')}-----END PRIVATE KEY-----\n`,
    certificate: Buffer.from(certificate.rawData).toString('base64'),
  }
}

/** An authority from elsewhere may have a key of another type. */
async function signerOf(key: KeyObject) {
  const curve = { prime256v1: 'P-256', secp384r1: 'P-384' }[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (curve === undefined && key.asymmetricKeyType !== 'rsa')
    throw usageError(
      `an authority with a key of type ${key.asymmetricKeyType} cannot sign here`,
      'P-256, P-384 and RSA can',
    )
  const der = key.export({ format: 'der', type: 'pkcs8' })
  const algorithm =
    curve === undefined
      ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
      : { name: 'ECDSA', namedCurve: curve, hash: 'SHA-256' }
  return { algorithm, key: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']) }
}
