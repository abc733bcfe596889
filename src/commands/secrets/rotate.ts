import type { LoadedSecrets } from '../../load/load-secrets.ts'
import type { SecretNeed } from '../../model/secret-need.ts'
import type { SecretNote } from '../../report/secrets/render-secrets.ts'
import type { View } from '../../report/views/view.ts'
import { kindOf, rotationStep, type SecretEntry, sourceOf } from '../../secrets/secrets-file.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { IdentityOptions } from './identity.ts'
import { listingOf } from './listing.ts'
import { type Making, needOf, withNewValues } from './make.ts'
import { beginRotation, continueRotation, type Step } from './rotate-authority.ts'
import { entryOf, openStore, type StoreOptions, saveStore } from './store.ts'
import { createValues } from './values.ts'

export interface RotateOptions extends StoreOptions, IdentityOptions {
  /** Everything that a generator makes. */
  readonly all?: boolean
  /** The next step of authorities that are being rotated. */
  readonly continue?: boolean
}

/** `converge secrets rotate KEY...`: new values of the same kinds; of authorities step by step. */
export async function rotate(
  keys: readonly string[],
  options: RotateOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  if ((options.all === true) === keys.length > 0)
    throw usageError('name the secrets to rotate, or pass --all', 'such as `converge secrets rotate web/db`')
  const store = await openStore(options)
  const making = { values: createValues(store, options, io), now: new Date() }
  const { text, notes } =
    options.continue === true
      ? await inTurn(continued(keys, store), store, (key, at) =>
          continueRotation(key, { ...making, store: at }),
        )
      : await renew(keys, store, making)
  const made = await saveStore(store, text)
  view.secrets(
    listingOf(
      'secrets rotate',
      made,
      notes,
      notes.map(({ key = '' }) => key),
    ),
  )
  return 0
}

type Maker = Omit<Making, 'store'>

/** Steps of one authority after the other. */
async function inTurn(
  keys: readonly string[],
  store: LoadedSecrets,
  step: (key: string, store: LoadedSecrets) => Promise<Step>,
): Promise<Step> {
  let done: Step = { text: store.text, notes: [] }
  for (const key of new Set(keys)) {
    const { text, notes } = await step(key, { ...store, text: done.text })
    done = { text, notes: [...done.notes, ...notes] }
  }
  return done
}

/** The authorities to continue: those that are named, or all that are being rotated. */
function continued(keys: readonly string[], store: LoadedSecrets): readonly string[] {
  if (keys.length > 0) {
    for (const key of keys) entryOf(store, key)
    return keys
  }
  const all = [...store.secrets].flatMap(([key, entry]) => (rotationStep(entry) === undefined ? [] : [key]))
  if (all.length === 0)
    throw usageError('no authority is being rotated', '`converge secrets rotate KEY` begins it')
  return all
}

async function renew(keys: readonly string[], store: LoadedSecrets, maker: Maker): Promise<Step> {
  const all = keys.length === 0
  const needs = all ? allNeeds(store) : needsOf(keys, store)
  if (needs.size === 0) throw usageError(`${store.file} has nothing that a generator makes`, 'set the values')
  const others = new Map([...needs].filter(([, { kind }]) => kind !== 'authority'))
  const text = await withNewValues(others, { ...maker, store })
  const begun = await inTurn([...needs.keys()], { ...store, text }, async (key, at) => {
    const need = needs.get(key)
    if (need?.kind === 'authority') return beginRotation(key, need, { ...maker, store: at })
    return { text: at.text, notes: [{ key, severity: 'done', message: 'has a new value' }] }
  })
  const left = all ? [...store.secrets].filter(([key]) => !needs.has(key)) : []
  return { ...begun, notes: [...begun.notes, ...left.map(([key, entry]) => keeps(key, entry))] }
}

function keeps(key: string, entry: SecretEntry): SecretNote {
  const { source, at } = sourceOf(entry) ?? { source: 'value', at: '' }
  const isMade = kindOf(entry) === 'authority' && source === 'value'
  const where = isMade
    ? 'is being rotated'
    : source === 'value'
      ? 'is made by people'
      : `comes from the ${source} ${at}`
  return { key, severity: 'warning', message: `keeps its value, which ${where}` }
}

/** Of what is not being rotated already. */
function allNeeds({ secrets }: LoadedSecrets): ReadonlyMap<string, SecretNeed> {
  const following = new Set([...secrets.values()].map(({ next }) => next))
  return new Map(
    [...secrets].flatMap(([key, entry]) => {
      const need = needOf(entry)
      const isBegun = rotationStep(entry) !== undefined || following.has(key)
      return need === undefined || isBegun ? [] : [[key, need] as const]
    }),
  )
}

function needsOf(keys: readonly string[], store: LoadedSecrets): ReadonlyMap<string, SecretNeed> {
  const needs = new Map<string, SecretNeed>()
  for (const key of keys) {
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
