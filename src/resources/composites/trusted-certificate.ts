import { Type } from 'typebox'
import { familyOf, type OsFamily } from '../../model/os-family.ts'
import type { Platform } from '../../model/platform.ts'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid, type Self } from '../define/define-resource.ts'
import { absent } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { FileStem } from './names.ts'

const TrustedCertificateSchema = Type.Object({
  name: FileStem,
  absent,
  content: Type.String({
    pattern: '^\\s*-----BEGIN CERTIFICATE-----\\n[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----\\s*$',
    description: 'one certificate in PEM, from BEGIN to END CERTIFICATE',
  }),
})

/** A certificate that every program of the host trusts. */
export const { resource: trustedCertificate, kind: trustedCertificateKind } = defineComposite({
  kind: 'trustedCertificate',
  schema: TrustedCertificateSchema,
  defaults: {},
  contentFromFiles: true,
  key: 'name',
  absent(name, { platform }, self) {
    const { path, update } = storeFor(platform, name, self)
    return [file({ path, absent: true, notifies: [{ resource: update, action: 'run' }] }), update]
  },
  parts({ name, content }, { platform }, self) {
    const { path, update } = storeFor(platform, name, self)
    const notifies = [{ resource: update, action: 'run', timing: 'immediate' } as const]
    return [file({ path, content: `${content.trim()}\n`, notifies }), update]
  },
})

/** Where each family has what its administrators trust, and what reads that. */
const stores: Readonly<
  Partial<Record<OsFamily, readonly [directory: string, extension: string, update: string]>>
> = {
  debian: ['/usr/local/share/ca-certificates', 'crt', 'update-ca-certificates'],
  alpine: ['/usr/local/share/ca-certificates', 'crt', 'update-ca-certificates'],
  rhel: ['/etc/pki/ca-trust/source/anchors', 'crt', 'update-ca-trust extract'],
  suse: ['/etc/pki/trust/anchors', 'crt', 'update-ca-certificates'],
  flatcar: ['/etc/ssl/certs', 'pem', 'update-ca-certificates'],
}

function storeFor(platform: Platform, name: string, self: Self) {
  const family = familyOf(platform)
  const store = family === undefined ? undefined : stores[family]
  if (store === undefined) {
    const known =
      platform.os === undefined ? 'platform.os is not declared' : `it is not known for ${platform.os}`
    invalid(
      self,
      `where trusted certificates are differs between systems, and ${known}`,
      'declare platform.os, such as debian',
    )
  }
  const [directory, extension, update] = store
  return {
    path: `${directory}/${name}.${extension}`,
    // Each has its own, so that each can be notified; a second run of one run costs little and changes nothing.
    update: command({ name: `trust ${name}`, command: update, live: true }),
  }
}
