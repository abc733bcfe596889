import { SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import {
  type CertificateUsage,
  certificateUsages,
  type SecretKind,
  type SecretNeed,
  secretKinds,
} from '../../model/secret-need.ts'
import type { SecretNote } from '../../report/secrets/render-secrets.ts'
import type { View } from '../../report/views/view.ts'
import { misfits, needsOf } from '../../secrets/check-uses.ts'
import { authority, certificate, password, sshKey, token, wireguardKey } from '../../secrets/declarations.ts'
import { canonicalName, typeOfName } from '../../secrets/names.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { loadSpec, type SpecOptions } from '../spec/load-spec.ts'
import type { IdentityOptions } from './identity.ts'
import { listingOf } from './listing.ts'
import { withNewValues } from './make.ts'
import { settable } from './set.ts'
import { openStore, saveStore } from './store.ts'
import { createValues } from './values.ts'

export interface GenerateOptions extends SpecOptions, IdentityOptions {
  readonly kind?: SecretKind
  readonly length?: number
  readonly bytes?: number
  readonly authority?: string
  readonly name?: readonly string[]
  readonly usage?: readonly CertificateUsage[]
  readonly days?: number
}

/** `converge secrets generate KEY --kind KIND`: makes a value that is not there yet. */
export async function generate(
  key: string | undefined,
  options: GenerateOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  if (key === undefined) return generateNeeded(options, io, view)
  const store = await openStore(options)
  settable(key, store)
  if (store.secrets.has(key))
    throw usageError(
      `${store.file} has ${key} already`,
      `\`converge secrets rotate ${key}\` makes a new value`,
    )
  const values = createValues(store, options, io)
  const text = await withNewValues(new Map([[key, needFrom(options)]]), { store, values, now: new Date() })
  const made = await saveStore(store, text)
  view.secrets(listingOf('secrets generate', made, [{ key, severity: 'done', message: 'generated' }], [key]))
  return 0
}

/** `converge secrets generate`: what the recipes of a spec need and is not there, and certificates that do not fit any more. */
async function generateNeeded(options: GenerateOptions, io: Io, view: View): Promise<ExitCode> {
  const strange = [...optionNames, 'kind' as const].find((option) => options[option] !== undefined)
  if (strange !== undefined)
    throw usageError(`--${strange} needs a KEY`, 'such as `converge secrets generate web/db --kind password`')
  const spec = await loadSpec(options, { mayMiss: true })
  const store = await openStore(options)
  const { needs, conflicts } = needsOf(spec.secrets.uses)
  if (conflicts.length > 0) throw new SpecError(conflicts)
  const now = new Date()
  const notes: SecretNote[] = []
  const wanted = new Map<string, SecretNeed>()
  const unmet = spec.secrets.uses.filter(
    ({ key, need }) => need === undefined && !needs.has(key) && !store.secrets.has(key),
  )
  for (const key of new Set(unmet.map((use) => use.key)))
    notes.push({
      key,
      severity: 'warning',
      message: 'is missing, and the spec does not say what it is',
      hint: `\`converge secrets set ${key}\`, or \`converge secrets generate ${key} --kind password\``,
    })
  for (const [key, need] of needs) {
    const entry = store.secrets.get(key)
    if (entry === undefined && need.kind === 'opaque')
      notes.push({
        key,
        severity: 'warning',
        message: 'is missing, and nothing but a person can provide it',
        hint: `\`converge secrets set ${key}\``,
      })
    else if (entry === undefined) wanted.set(key, need)
    else if (
      need.kind === 'certificate' &&
      entry.value !== undefined &&
      misfits(key, need, entry, store.secrets, now).length > 0
    )
      wanted.set(key, need)
  }
  const values = createValues(store, options, io)
  const made = await saveStore(store, await withNewValues(wanted, { store, values, now }))
  for (const key of wanted.keys())
    notes.push({
      key,
      severity: 'done',
      message: store.secrets.has(key) ? 'has a new certificate' : 'generated',
    })
  if (notes.length === 0) notes.push({ severity: 'done', message: 'nothing is missing' })
  view.secrets(listingOf('secrets generate', made, notes, wanted.keys()))
  return notes.some(({ severity }) => severity === 'warning') ? 1 : 0
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

const optionNames = [...new Set(Object.values(takes).flat())]

function needFrom(options: GenerateOptions): SecretNeed {
  const { kind, length, bytes, days, name = [], usage = certificateUsages } = options
  if (kind === undefined) throw usageError('--kind is missing', `such as ${secretKinds.join(', ')}`)
  const strange = optionNames.find((option) => options[option] !== undefined && !takes[kind].includes(option))
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
