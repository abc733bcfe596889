import { Type } from 'typebox'
import { familyOf, type OsFamily } from '../../model/os-family.ts'
import type { Platform } from '../../model/platform.ts'
import { isSecret, revealed } from '../../model/secret.ts'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid, type Self } from '../define/define-resource.ts'
import { absent, secretText } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { FileStem } from './names.ts'

const TrustedCertificateSchema = Type.Object({
  name: FileStem,
  absent,
  content: secretText({ description: 'a certificate in PEM, from BEGIN to END CERTIFICATE' }),
})

/** A certificate that every program of the host trusts. */
export const { resource: trustedCertificate, kind: trustedCertificateKind } = defineComposite({
  kind: 'trustedCertificate',
  schema: TrustedCertificateSchema,
  defaults: {},
  contentFromFiles: true,
  key: 'name',
  absent: (name, { platform }, self) => partsFor(storeOf(platform, self), name, []),
  parts({ name, content }, { platform }, self) {
    const text = isSecret(content) ? revealed(content) : content
    const found = text.match(certificate) ?? []
    if (found.length === 0 || found.length > 2 || text.replaceAll(certificate, '').trim() !== '')
      invalid(
        self,
        `content is not a certificate in PEM${found.length > 2 ? `, but ${found.length} of them` : ''}`,
        'give one, from BEGIN to END CERTIFICATE, without its key',
      )
    return partsFor(storeOf(platform, self), name, found)
  },
})

const certificate = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** An authority that is rotated is two certificates. Some systems read only the first one of a file. */
function partsFor([directory, extension, update]: Store, name: string, texts: readonly string[]) {
  // Each has its own, so that each can be notified.
  const trust = command({ name: `trust ${name}`, command: update, live: true })
  const notifies = [{ resource: trust, action: 'run', timing: 'immediate' } as const]
  const files = [name, `${name}-next`].map((stem, index) => {
    const path = `${directory}/${stem}.${extension}`
    const text = texts[index]
    return text === undefined
      ? file({ path, absent: true, notifies })
      : file({ path, content: `${text}\n`, notifies })
  })
  return [...files, trust]
}

type Store = readonly [directory: string, extension: string, update: string]

/** Where each family has what its administrators trust, and what reads that. */
const stores: Readonly<Partial<Record<OsFamily, Store>>> = {
  debian: ['/usr/local/share/ca-certificates', 'crt', 'update-ca-certificates'],
  alpine: ['/usr/local/share/ca-certificates', 'crt', 'update-ca-certificates'],
  rhel: ['/etc/pki/ca-trust/source/anchors', 'crt', 'update-ca-trust extract'],
  suse: ['/etc/pki/trust/anchors', 'crt', 'update-ca-certificates'],
  flatcar: ['/etc/ssl/certs', 'pem', 'update-ca-certificates'],
}

function storeOf(platform: Platform, self: Self): Store {
  const family = familyOf(platform)
  const store = family === undefined ? undefined : stores[family]
  if (store === undefined) {
    const [known, hint] =
      platform.os === undefined
        ? ['platform.os is not declared', 'declare platform.os, such as debian']
        : [`it is not known for ${platform.os}`, 'declare the file, and the command that reads it']
    invalid(self, `where trusted certificates are differs between systems, and ${known}`, hint)
  }
  return store
}
