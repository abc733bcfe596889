import type { LoadedSecrets } from '../../load/load-secrets.ts'
import type { SecretNeed } from '../../model/secret-need.ts'
import { shellWord } from '../../model/shell-word.ts'
import type { SecretNote } from '../../report/secrets/render-secrets.ts'
import { isIssuedBy } from '../../secrets/certificates.ts'
import { withEntry, withoutEntry } from '../../secrets/edit-text.ts'
import { followed, rotationStep, type SecretEntry, type SecretsFile } from '../../secrets/secrets-file.ts'
import { usageError } from '../cli/usage-error.ts'
import { type Making, needOf, withNewValues } from './make.ts'
import { entryOf } from './store.ts'

/** The text of secrets.yaml after a step, and what to say of it. */
export interface Step {
  readonly text: string
  readonly notes: readonly SecretNote[]
}

/**
 * The first step of the rotation of an authority: a next one is made, and trusted beside it. It issues nothing before all
 * hosts trust it, or peers that are still without it would refuse what it issues.
 */
export async function beginRotation(
  key: string,
  need: Extract<SecretNeed, { kind: 'authority' }>,
  making: Making,
): Promise<Step> {
  const { store } = making
  const entry = entryOf(store, key)
  const next = `${key}.next`
  if (rotationStep(entry) !== undefined)
    throw usageError(
      `${key} is being rotated already, at step ${rotationStep(entry)} of 3`,
      `once all hosts have what that changed, run \`${continuing(key)}\``,
    )
  const before = followed(store.secrets).get(key)
  if (before !== undefined)
    throw usageError(
      `${key} is to take the place of ${before}, and is not rotated before that`,
      `\`${continuing(before)}\` goes on with that`,
    )
  if (store.secrets.has(next))
    throw usageError(
      `${store.file} has ${next} already`,
      'the next authority takes that key; remove it first',
    )
  const text = withEntry(store.text, 'secrets', key, { ...entry, next })
  const made = await withNewValues(new Map([[next, need]]), { ...making, store: { ...store, text } })
  return {
    text: made,
    notes: [noteOf(key, 1, `${next} is trusted beside it`, 'issues its certificates again')],
  }
}

/** The second step: the next authority takes the place of this one, and issues its certificates again. The third: only that is trusted. */
export async function continueRotation(key: string, making: Making): Promise<Step> {
  const { store } = making
  const entry = entryOf(store, key)
  switch (rotationStep(entry)) {
    case undefined:
      throw usageError(
        `${key} is not being rotated`,
        `\`converge secrets rotate ${shellWord(key)}\` begins it`,
      )
    case 1:
      return issueAgain(key, entry, making)
    case 2:
      return trustOnly(key, entry, store)
  }
}

async function issueAgain(key: string, entry: SecretEntry, making: Making): Promise<Step> {
  const { store } = making
  const { next = '', certificate } = entry
  const following = entryOf(store, next)
  const changed: SecretEntry = { ...following, ...(certificate !== undefined && { previous: certificate }) }
  const secrets = new Map([...store.secrets, [key, changed]])
  secrets.delete(next)
  const text = withEntry(withoutEntry(store.text, 'secrets', next), 'secrets', key, changed)
  const issued = issuedBy(key, certificate, secrets)
  const needs = issued.flatMap(([own, one]): [string, SecretNeed][] => {
    const need = needOf(one)
    return need === undefined || one.authority !== key ? [] : [[own, need]]
  })
  const again = new Map(needs)
  const made = await withNewValues(again, { ...making, store: { ...store, text, secrets } })
  const what =
    again.size === 0 ? 'it has no certificates to issue' : `issued ${[...again.keys()].join(', ')} again`
  return {
    text: made,
    notes: [
      noteOf(key, 2, what, 'ends the trust in the one before'),
      ...issued.flatMap(([own]): SecretNote[] => (again.has(own) ? [] : [madeElsewhere(own)])),
    ],
  }
}

/** What is of an authority: made here, or elsewhere with its key. */
function issuedBy(
  key: string,
  certificate = '',
  secrets: SecretsFile['secrets'],
): readonly (readonly [string, SecretEntry])[] {
  return [...secrets].filter(
    ([own, one]) => own !== key && (one.authority === key || isIssuedBy(one.certificate ?? '', certificate)),
  )
}

function madeElsewhere(key: string): SecretNote {
  const message = 'keeps its certificate, which was made elsewhere'
  return { key, severity: 'warning', message, hint: 'provide one of the new authority before the next step' }
}

function trustOnly(key: string, { previous, ...entry }: SecretEntry, store: LoadedSecrets): Step {
  const others = issuedBy(key, previous, store.secrets).flatMap(([own, one]) =>
    one.certificate !== undefined && !isIssuedBy(one.certificate, entry.certificate ?? '') ? [own] : [],
  )
  if (others.length > 0)
    throw usageError(
      `${others.join(', ')}: ${others.length === 1 ? 'its certificate is' : 'their certificates are'} not of the new ${key}`,
      'they would not be trusted any more; make new ones with `converge secrets rotate`, and set those that were made elsewhere',
    )
  const text = withEntry(store.text, 'secrets', key, entry)
  return {
    text,
    notes: [{ key, severity: 'done', message: 'step 3 of 3: the one before is trusted no more' }],
  }
}

function noteOf(key: string, step: number, message: string, then: string): SecretNote {
  return {
    key,
    severity: 'done',
    message: `step ${step} of 3: ${message}`,
    hint: `converge, and once no host has anything left to do, \`${continuing(key)}\` ${then}`,
  }
}

/** The command for the next step. */
export function continuing(key: string): string {
  return `converge secrets rotate --continue ${shellWord(key)}`
}
