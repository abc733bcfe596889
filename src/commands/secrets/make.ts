import type { LoadedSecrets } from '../../load/load-secrets.ts'
import type { SecretNeed } from '../../model/secret-need.ts'
import { certificateFacts } from '../../secrets/certificates.ts'
import { withEntry } from '../../secrets/edit-text.ts'
import { followed, kindOf, type SecretEntry } from '../../secrets/secrets-file.ts'
import { usageError } from '../cli/usage-error.ts'
import { encrypted } from './age.ts'
import { generate } from './generators/generate.ts'
import type { Authority, Made } from './generators/generator.ts'
import { entryWith } from './halves.ts'
import { entryOf, recipientsOf } from './store.ts'
import type { Values } from './values.ts'

/** What new values are made with. */
export interface Making {
  readonly store: LoadedSecrets
  readonly values: Values
  readonly now: Date
}

/** The text of secrets.yaml with a new value for each of these, authorities before what they issue. */
export async function withNewValues(
  needs: ReadonlyMap<string, SecretNeed>,
  { store, values, now }: Making,
): Promise<string> {
  const recipients = recipientsOf(store)
  const made = new Map<string, Made>()
  const following = followed(store.secrets)
  const authorityOf = async (key: string, name: string): Promise<Authority> => {
    const before = following.get(name)
    if (before !== undefined)
      throw usageError(
        `${key}: ${name} issues nothing before it takes the place of ${before}`,
        `name ${before} as its authority`,
      )
    const { value, certificate } = made.get(name) ?? {}
    if (value !== undefined && certificate !== undefined) return { value, certificate }
    const entry = entryOf(store, name)
    if (entry.certificate === undefined)
      throw usageError(
        `${key}: ${name} is not an authority`,
        'make one: `converge secrets generate NAME --kind authority`',
      )
    return { value: await values(name, entry), certificate: entry.certificate }
  }
  const ordered = [...needs].toSorted(
    ([, one], [, other]) => Number(other.kind === 'authority') - Number(one.kind === 'authority'),
  )
  let { text } = store
  for (const [key, need] of ordered) {
    const own = await generate(need, {
      key,
      now,
      authorityOf: ({ authority }) => authorityOf(key, authority),
    })
    made.set(key, own)
    const value = await encrypted(own.value, recipients)
    text = withEntry(text, 'secrets', key, entryWith(optionsOf(need), own, value))
  }
  return text
}

/** What an entry keeps of what it was made from; the certificate says the rest. */
function optionsOf(need: SecretNeed): SecretEntry {
  const { kind } = need
  switch (kind) {
    case 'password':
      return { kind, length: need.length }
    case 'token':
      return { kind, bytes: need.bytes }
    case 'authority':
      return { kind, days: need.days }
    case 'certificate':
      return { kind, authority: need.authority, days: need.days }
    default:
      return { kind }
  }
}

/** What to make anew for an entry; undefined if nobody but a person can. */
export function needOf(entry: SecretEntry): SecretNeed | undefined {
  const kind = kindOf(entry)
  const { value, certificate = '', length = 32, bytes = 32, authority, days } = entry
  if (value === undefined) return undefined
  const facts = certificateFacts(certificate)
  switch (kind) {
    case 'password':
      return { kind, length }
    case 'token':
      return { kind, bytes }
    case 'authority':
      return { kind, days: days ?? facts?.days ?? 3650 }
    case 'certificate':
      if (authority === undefined || facts === undefined) return undefined
      return { kind, authority, names: facts.names, usages: facts.usages, days: days ?? facts.days }
    case 'opaque':
      return undefined
    default:
      return { kind }
  }
}
