import type { LoadedSecrets } from '../../load/load-secrets.ts'
import { given } from '../../model/given.ts'
import type {
  ListedSecret,
  SecretNote,
  SecretsCommand,
  SecretsListing,
} from '../../report/secrets/render-secrets.ts'
import { certificateFacts, certificatesOf, pemOf } from '../../secrets/certificates.ts'
import {
  kindOf,
  rotationStep,
  type SecretEntry,
  type SecretsFile,
  sourceOf,
} from '../../secrets/secrets-file.ts'

/** A secret without its value. */
export function listed(key: string, entry: SecretEntry, secrets: SecretsFile['secrets']): ListedSecret {
  const { source, at } = sourceOf(entry) ?? { source: 'value', at: '' }
  const { authority, certificate } = entry
  const facts = certificate === undefined ? undefined : certificateFacts(certificate)
  return {
    key,
    kind: kindOf(entry),
    source,
    ...given({
      at: source === 'value' ? undefined : at,
      authority,
      public: entry.public,
      certificate: certificate && certificatesOf(entry, secrets).map(pemOf).join(''),
      names: entry.kind === 'certificate' ? facts?.names : undefined,
      step: rotationStep(entry),
      expires: facts?.notAfter.toISOString(),
    }),
  }
}

/** What a command says of some secrets of a file, or of all. */
export function listingOf(
  command: SecretsCommand,
  { file, recipients, secrets }: SecretsFile & Pick<LoadedSecrets, 'file'>,
  notes: readonly SecretNote[] = [],
  keys: Iterable<string> = secrets.keys(),
): SecretsListing {
  const wanted = new Set(keys)
  return {
    command,
    file,
    recipients: [...recipients].map(([name, key]) => ({ name, key })),
    secrets: [...secrets].flatMap(([key, entry]) => (wanted.has(key) ? [listed(key, entry, secrets)] : [])),
    notes,
  }
}
