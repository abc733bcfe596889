import type { LoadedSecrets } from '../../load/load-secrets.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { sourceOf } from '../../secrets/secrets-file.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Io } from '../io/io.ts'
import type { SpecNeeds } from '../spec/load-spec.ts'
import { decrypted } from './age.ts'
import { type IdentityOptions, identitiesOf, identityWays } from './identity.ts'
import { readOutside } from './outside.ts'

/** Opens what an identity opens, and reads values from outside, each once, when something needs it. */
export function openingWith(options: IdentityOptions, io: Io): SpecNeeds {
  let opened: { readonly file: string; readonly valueOf: ReturnType<typeof openAll> } | undefined
  return {
    open(stored) {
      if (opened?.file !== stored.file) opened = { file: stored.file, valueOf: openAll(stored, options, io) }
      return opened.valueOf
    },
  }
}

async function openAll({ file, secrets }: LoadedSecrets, options: IdentityOptions, io: Io) {
  const identities = await identitiesOf(options, io)
  const values = new Map<string, string | undefined>()
  if (identities !== undefined)
    await Promise.all(
      [...secrets].map(async ([key, { value }]) => {
        if (value !== undefined) values.set(key, await decrypted(value, identities))
      }),
    )
  return (key: string): string | undefined => {
    const { source, at } = sourceOf(secrets.get(key) ?? {}) ?? { source: 'value', at: '' }
    if (source !== 'value' && !values.has(key))
      values.set(key, readOutside(key, { source, at }, file, io.env))
    return values.get(key)
  }
}

/** Throws a SpecError if the hosts have secrets that are not open. */
export function requireOpen(catalogs: readonly HostCatalog[], options: IdentityOptions, io: Io): void {
  const closed = new Set(
    catalogs.flatMap(({ entries }) => entries.flatMap(({ resource }) => resource.closedSecrets)),
  )
  if (closed.size === 0) return
  const isGiven = options.identity !== undefined || io.env.CONVERGE_IDENTITY !== undefined
  const names = [...closed].slice(0, 5).join(', ') + (closed.size > 5 ? ` and ${closed.size - 5} more` : '')
  throw usageError(
    isGiven
      ? `the identity does not open the secrets ${names}`
      : `an identity is needed to open the secrets ${names}`,
    isGiven ? 'let a recipient add its public half: `converge secrets recipients add`' : identityWays,
  )
}
