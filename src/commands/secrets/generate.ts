import { given } from '../../model/given.ts'
import {
  type CertificateUsage,
  certificateUsages,
  type SecretKind,
  type SecretNeed,
} from '../../model/secret-need.ts'
import type { View } from '../../report/views/view.ts'
import { authority, certificate, password, sshKey, token, wireguardKey } from '../../secrets/declarations.ts'
import { canonicalName, typeOfName } from '../../secrets/names.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { IdentityOptions } from './identity.ts'
import { listingOf } from './listing.ts'
import { withNewValues } from './make.ts'
import { settable } from './set.ts'
import { openStore, type StoreOptions, saveStore } from './store.ts'
import { createValues } from './values.ts'

export interface GenerateOptions extends StoreOptions, IdentityOptions {
  readonly kind: SecretKind
  readonly length?: number
  readonly bytes?: number
  readonly authority?: string
  readonly name?: readonly string[]
  readonly usage?: readonly CertificateUsage[]
  readonly days?: number
}

/** `converge secrets generate KEY --kind KIND`: makes a value that is not there yet. */
export async function generate(key: string, options: GenerateOptions, io: Io, view: View): Promise<ExitCode> {
  const store = await openStore(options)
  settable(key, store)
  if (store.secrets.has(key))
    throw usageError(
      `${store.file} has ${key} already`,
      `\`converge secrets rotate ${key}\` makes a new value`,
    )
  const values = createValues(store, options, io)
  const text = await withNewValues(new Map([[key, needFrom(options)]]), { store, values, now: new Date() })
  await saveStore(store, text)
  const made = await openStore(options)
  view.secrets(listingOf('secrets generate', made, [{ key, severity: 'done', message: 'generated' }], [key]))
  return 0
}

/** The options that each kind takes. */
const takes: Readonly<Record<SecretKind, readonly (keyof GenerateOptions)[]>> = {
  password: ['length'],
  token: ['bytes'],
  sshKey: [],
  wireguardKey: [],
  authority: ['days'],
  certificate: ['authority', 'name', 'usage', 'days'],
  opaque: [],
}

function needFrom(options: GenerateOptions): SecretNeed {
  const { kind, length, bytes, days, name = [], usage = certificateUsages } = options
  const strange = [...new Set(Object.values(takes).flat())].find(
    (option) => options[option] !== undefined && !takes[kind].includes(option),
  )
  if (strange !== undefined) throw usageError(`--${strange} is not for the kind ${kind}`, 'leave it out')
  switch (kind) {
    case 'password':
      return password(given({ length }))
    case 'token':
      return token(given({ bytes }))
    case 'sshKey':
      return sshKey()
    case 'wireguardKey':
      return wireguardKey()
    case 'authority':
      return authority(given({ days }))
    case 'certificate': {
      const wrong = name.find((one) => typeOfName(one) === undefined)
      if (wrong !== undefined)
        throw usageError(`${wrong} is neither a DNS name nor an address`, 'such as --name web.example.com')
      if (options.authority === undefined || name.length === 0)
        throw usageError(
          'a certificate needs --authority KEY and at least one --name NAME',
          'such as --authority pki/ca --name web.example.com',
        )
      const names = name.map(canonicalName)
      return certificate({ authority: options.authority, names, usages: usage, ...given({ days }) })
    }
    case 'opaque':
      throw usageError('an opaque secret is nothing to generate', 'run `converge secrets set`')
  }
}
