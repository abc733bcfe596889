import type { LoadedSecrets } from '../../load/load-secrets.ts'
import type { SecretNeed } from '../../model/secret-need.ts'
import type { SecretNote } from '../../report/secrets/render-secrets.ts'
import type { View } from '../../report/views/view.ts'
import { kindOf, sourceOf } from '../../secrets/secrets-file.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { IdentityOptions } from './identity.ts'
import { listingOf } from './listing.ts'
import { needOf, withNewValues } from './make.ts'
import { entryOf, openStore, type StoreOptions, saveStore } from './store.ts'
import { createValues } from './values.ts'

export interface RotateOptions extends StoreOptions, IdentityOptions {
  /** Everything that a generator makes. */
  readonly all?: boolean
}

/** `converge secrets rotate KEY...`: new values of the same kinds; a new authority issues its certificates again. */
export async function rotate(
  keys: readonly string[],
  options: RotateOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  if ((options.all === true) === keys.length > 0)
    throw usageError('name the secrets to rotate, or pass --all', 'such as `converge secrets rotate web/db`')
  const store = await openStore(options)
  const needs = options.all === true ? allNeeds(store) : needsOf(keys, store)
  if (needs.size === 0) throw usageError(`${store.file} has nothing that a generator makes`, 'set the values')
  const values = createValues(store, options, io)
  await saveStore(store, await withNewValues(needs, { store, values, now: new Date() }))
  const made = await openStore(options)
  const left = options.all === true ? [...store.secrets].filter(([key]) => !needs.has(key)) : []
  const notes = [
    ...[...needs.keys()].map((key): SecretNote => ({ key, severity: 'done', message: 'has a new value' })),
    ...left.map(([key, entry]): SecretNote => {
      const { source, at } = sourceOf(entry) ?? { source: 'value', at: '' }
      const where = source === 'value' ? 'is made by people' : `comes from the ${source} ${at}`
      return { key, severity: 'warning', message: `keeps its value, which ${where}` }
    }),
  ]
  view.secrets(listingOf('secrets rotate', made, notes, needs.keys()))
  return 0
}

function allNeeds({ secrets }: LoadedSecrets): ReadonlyMap<string, SecretNeed> {
  return new Map(
    [...secrets].flatMap(([key, entry]) => {
      const need = needOf(entry)
      return need === undefined ? [] : [[key, need] as const]
    }),
  )
}

function needsOf(keys: readonly string[], store: LoadedSecrets): ReadonlyMap<string, SecretNeed> {
  const issued = [...store.secrets].filter(([, { authority = '' }]) => keys.includes(authority))
  const needs = new Map<string, SecretNeed>()
  for (const key of [...keys, ...issued.map(([own]) => own)]) {
    const entry = entryOf(store, key)
    const need = needOf(entry)
    if (need === undefined)
      throw usageError(
        `${key} is ${kindOf(entry)} and was made elsewhere`,
        `\`converge secrets set ${key}\` changes it`,
      )
    needs.set(key, need)
  }
  return needs
}
