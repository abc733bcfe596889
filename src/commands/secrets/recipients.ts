import type { LoadedSecrets } from '../../load/load-secrets.ts'
import { shellWord } from '../../model/shell-word.ts'
import type { SecretNote } from '../../report/secrets/render-secrets.ts'
import { count } from '../../report/text/words.ts'
import type { View } from '../../report/views/view.ts'
import { withEntry, withoutEntry } from '../../secrets/edit-text.ts'
import { nearestHint } from '../../validation/nearest.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { decrypted, encrypted, isPublicKey, publicKeyOf } from './age.ts'
import { type Identities, type IdentityOptions, neededIdentities } from './identity.ts'
import { listingOf } from './listing.ts'
import { openStore, type StoreOptions, saveStore } from './store.ts'

export interface RecipientsOptions extends StoreOptions, IdentityOptions {}

/** What to do with which recipient; nothing: list all. */
interface Act {
  readonly act: string | undefined
  readonly name: string | undefined
  readonly key: string | undefined
}

/** `converge secrets recipients [add|remove]`: who can open the values. */
export async function recipients(
  { act, name, key }: Act,
  options: RecipientsOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  if (act === undefined) return show(await openStore(options), [], view)
  if (act === 'add' && name !== undefined && key !== undefined)
    return addRecipient(name, key, options, io, view)
  if (act === 'remove' && name !== undefined && key === undefined)
    return removeRecipient(name, options, io, view)
  throw usageError(
    `recipients ${act} is not complete, or not known`,
    'write `recipients add NAME KEY` or `recipients remove NAME`',
  )
}

/** Encrypts all values for one more. */
async function addRecipient(
  name: string,
  key: string,
  options: RecipientsOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  await checkRecipient(name, key)
  const store = await openStore(options)
  const [other] = [...store.recipients].find(([, known]) => known === key) ?? []
  if (store.recipients.get(name) === key)
    return show(store, [{ severity: 'done', message: `${name} is a recipient already` }], view)
  if (other !== undefined) throw usageError(`${other} has the same key`, 'remove it first to rename it')
  if (store.recipients.has(name))
    throw usageError(
      `${name} is a recipient with another key`,
      `remove it first: \`converge secrets recipients remove ${shellWord(name)}\``,
    )
  const text = withEntry(store.text, 'recipients', name, key)
  return encryptAgain(store, text, [...store.recipients.values(), key], options, io, view, [
    { severity: 'done', message: `${name} is a recipient now` },
  ])
}

/** Encrypts all values for the others only. */
async function removeRecipient(
  name: string,
  options: RecipientsOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  const store = await openStore(options)
  const key = store.recipients.get(name)
  if (key === undefined)
    throw usageError(
      `there is no recipient ${name}`,
      nearestHint(name, [...store.recipients.keys()], 'there is none'),
    )
  const others = [...store.recipients.values()].filter((known) => known !== key)
  if (others.length === 0) throw usageError(`${name} is the only recipient`, 'add another one first')
  return encryptAgain(store, withoutEntry(store.text, 'recipients', name), others, options, io, view, [
    { severity: 'done', message: `${name} is no recipient any more` },
    {
      severity: 'warning',
      message: `${name} could read all values until now, and still can in the history of the repository`,
      hint: 'make new ones: `converge secrets rotate --all`, and set anew what only people know',
    },
  ])
}

/** Throws a SpecError if a recipient cannot have this name or key. */
export async function checkRecipient(name: string, key: string): Promise<void> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.@-]*$/.test(name))
    throw usageError(
      `${JSON.stringify(name)} cannot be the name of a recipient`,
      'use letters, digits, dots, @, - and _',
    )
  if (/^(?:ssh-|ecdsa-|sk-)/.test(key))
    throw usageError(
      'keys of SSH cannot open secrets here',
      'make a key of age with `age-keygen`, and pass its public half (age1...)',
    )
  if (key.startsWith('AGE-SECRET-KEY-'))
    throw usageError(
      'this is a private key, which belongs on no command line',
      'pass the public half (age1...), and make a new key pair',
    )
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(key))
    throw usageError('this is not an X25519 public key of age', 'it begins with age1 and has 62 characters')
  if (!(await isPublicKey(key)))
    throw usageError('the key is damaged: its checksum is wrong', 'copy it again, as a whole')
}

async function encryptAgain(
  store: LoadedSecrets,
  changed: string,
  recipients: readonly string[],
  options: RecipientsOptions,
  io: Io,
  view: View,
  notes: readonly SecretNote[],
): Promise<ExitCode> {
  const values = [...store.secrets].filter(([, { value }]) => value !== undefined)
  let text = changed
  if (values.length > 0) {
    const identities = await neededIdentities(options, io, 'to encrypt the values again')
    await refuseLockout(identities, recipients)
    for (const [key, entry] of values) {
      const value = await decrypted(entry.value ?? '', identities)
      if (value === undefined)
        throw usageError(
          `${key} cannot be opened with this identity`,
          'nothing was written; `converge secrets check` tells of all',
        )
      text = withEntry(text, 'secrets', key, { ...entry, value: await encrypted(value, recipients) })
    }
  }
  const made = await saveStore(store, text)
  const again: SecretNote = { severity: 'done', message: `${count(values.length, 'value')} encrypted again` }
  return show(made, [...notes, again], view)
}

/** Whoever removes a recipient must be able to open the values afterwards, too. */
async function refuseLockout(identities: Identities, recipients: readonly string[]): Promise<void> {
  const own = await Promise.all(identities.map(publicKeyOf))
  if (own.some((key) => recipients.includes(key))) return
  throw usageError(
    'the identity in use could not open the values afterwards',
    'let another recipient do it, with an identity that remains',
  )
}

function show(store: LoadedSecrets, notes: readonly SecretNote[], view: View): ExitCode {
  view.secrets(listingOf('secrets recipients', store, notes, []))
  return 0
}
