import type { LoadedSecrets } from '../../load/load-secrets.ts'
import { given } from '../../model/given.ts'
import { type SecretKind, secretKeyPattern } from '../../model/secret-need.ts'
import type { SecretsCommand } from '../../report/secrets/render-secrets.ts'
import type { View } from '../../report/views/view.ts'
import { isIssuedBy } from '../../secrets/certificates.ts'
import { withEntry } from '../../secrets/edit-text.ts'
import { kindOf, type SecretEntry, sourceOf } from '../../secrets/secrets-file.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { decrypted, encrypted } from './age.ts'
import { entryWith, withPublicHalf } from './halves.ts'
import { type IdentityOptions, identitiesOf } from './identity.ts'
import { listingOf } from './listing.ts'
import { secretText } from './secret-text.ts'
import { openStore, recipientsOf, type StoreOptions, saveStore } from './store.ts'

export interface SetOptions extends StoreOptions, IdentityOptions {
  readonly kind?: SecretKind
}

/** `converge secrets set KEY`: encrypts what is on stdin, or typed. With an identity, an equal value changes nothing. */
export async function set(key: string, options: SetOptions, io: Io, view: View): Promise<ExitCode> {
  const store = await openStore(options)
  settable(key, store)
  const value = secretText(await readValue(key, options, io), 'the value')
  const identities = await identitiesOf(options, io)
  const before = store.secrets.get(key)?.value
  const known =
    before === undefined || identities === undefined ? undefined : await decrypted(before, identities)
  return writeValue({ key, value, known, command: 'secrets set', store, options }, view)
}

/** Throws a SpecError if the key is not one, or its value is not in secrets.yaml. */
export function settable(key: string, { file, secrets }: LoadedSecrets): void {
  if (!new RegExp(secretKeyPattern).test(key))
    throw usageError(
      `${JSON.stringify(key)} cannot be the key of a secret`,
      'use words of letters, digits, dots, hyphens and underscores, with / between them',
    )
  const { source, at } = sourceOf(secrets.get(key) ?? {}) ?? { source: 'value', at: '' }
  if (source !== 'value')
    throw usageError(
      `${file} takes ${key} from the ${source} ${at}`,
      'change it there, or remove that line first',
    )
}

async function readValue(key: string, { identity }: SetOptions, io: Io): Promise<Uint8Array> {
  if (!io.canAsk) {
    if (identity === '-')
      throw usageError(
        'stdin cannot have the identity and the value',
        'name a file with --identity, or set CONVERGE_IDENTITY',
      )
    return io.readInput()
  }
  return io.stoppable(async ({ stopping }) => {
    const typed = await io.askSecret(`value of ${key}: `, stopping)
    if ((await io.askSecret('again: ', stopping)) === typed) return Buffer.from(typed)
    throw usageError('the two are different', 'nothing was written; type it again')
  })
}

interface Writing {
  readonly key: string
  readonly value: string
  /** The value that is there, if it could be opened. */
  readonly known: string | undefined
  readonly command: SecretsCommand
  readonly store: LoadedSecrets
  readonly options: SetOptions
}

/** Encrypts a value from a person. */
export async function writeValue(
  { key, value, known, command, store, options }: Writing,
  view: View,
): Promise<ExitCode> {
  const { value: _, public: _public, certificate: before, ...own } = store.secrets.get(key) ?? {}
  const kind = options.kind ?? kindOf(own)
  const made = withPublicHalf(key, kind, value)
  const isSame = known === made.value && before === made.certificate && kind === kindOf(own)
  let saved = store
  if (!isSame) {
    const kept: SecretEntry = kind === kindOf(own) ? { ...own, kind } : { kind }
    const entry = entryWith(
      withoutForeignAuthority(kept, made.certificate, store),
      made,
      await encrypted(made.value, recipientsOf(store)),
    )
    saved = await saveStore(store, withEntry(store.text, 'secrets', key, entry))
  }
  const message = isSame ? 'has this value already' : store.secrets.has(key) ? 'changed' : 'added'
  view.secrets(listingOf(command, saved, [{ key, severity: 'done', message }], [key]))
  return 0
}

/** A certificate from elsewhere may be of another authority. */
function withoutForeignAuthority(
  { authority, ...entry }: SecretEntry,
  certificate: string | undefined,
  { secrets }: LoadedSecrets,
): SecretEntry {
  const issuer = secrets.get(authority ?? '')?.certificate
  const isOwn = certificate !== undefined && issuer !== undefined && isIssuedBy(certificate, issuer)
  return { ...entry, ...given({ authority: isOwn ? authority : undefined }) }
}
