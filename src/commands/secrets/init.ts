import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { loadSecrets } from '../../load/load-secrets.ts'
import type { View } from '../../report/views/view.ts'
import { withEntry } from '../../secrets/edit-text.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { writeWhole } from '../io/write-whole.ts'
import { newIdentity, publicKeyOf } from './age.ts'
import { type IdentityOptions, identitiesOf } from './identity.ts'
import { listingOf } from './listing.ts'
import { checkRecipient } from './recipients.ts'
import { type StoreOptions, secretsFileOf } from './store.ts'

export interface SecretsInitOptions extends StoreOptions, IdentityOptions {
  /** Public key of the first recipient. */
  readonly key?: string
  /** File to write a new identity to. */
  readonly newIdentity?: string
}

/** `converge secrets init NAME [KEY]`: writes a secrets.yaml with one recipient. Overwrites nothing. */
export async function init(name: string, options: SecretsInitOptions, io: Io, view: View): Promise<ExitCode> {
  const file = await secretsFileOf(options)
  if (existsSync(file))
    throw usageError(`${file} exists`, 'add a recipient with `converge secrets recipients add`')
  const key = await firstKey(options, io)
  await checkRecipient(name, key)
  const head = `# Secrets, encrypted with age for the recipients: \`converge secrets --help\` lists what changes them.\nsalt: "${randomBytes(16).toString('hex')}"\n`
  await writeWhole(file, `${withEntry(head, 'recipients', name, key)}secrets:\n`, 0o644)
  const notes = [
    { severity: 'done', message: `wrote ${file}, with the recipient ${name}` } as const,
    ...(options.newIdentity === undefined
      ? []
      : [
          {
            severity: 'done',
            message: `wrote a new identity to ${options.newIdentity}`,
            hint: 'keep it out of the repository, and a copy of it in a safe place: without it the values are lost',
          } as const,
        ]),
  ]
  view.secrets(listingOf('secrets init', await loadSecrets(file), notes))
  return 0
}

async function firstKey(options: SecretsInitOptions, io: Io): Promise<string> {
  const { key, newIdentity: file } = options
  if (key !== undefined && file !== undefined)
    throw usageError('a public key and --new-identity are both given', 'keep one of them')
  if (key !== undefined) return key
  if (file !== undefined) {
    const identity = await newIdentity()
    const publicKey = await publicKeyOf(identity)
    if (existsSync(file)) throw usageError(`${file} exists`, 'it is not overwritten')
    await writeFile(file, `# public key: ${publicKey}\n${identity}\n`, { flag: 'wx', mode: 0o600 })
    return publicKey
  }
  const [identity] = (await identitiesOf(options, io)) ?? []
  if (identity !== undefined) return publicKeyOf(identity)
  const hint = 'such as `converge secrets init ann age1...`; --new-identity FILE makes a key pair'
  throw usageError('the first recipient has no public key', hint)
}
