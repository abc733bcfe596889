import type { LoadedSecrets } from '../../load/load-secrets.ts'
import { InternalError } from '../../model/errors.ts'
import { type SecretEntry, sourceOf } from '../../secrets/secrets-file.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Io } from '../io/io.ts'
import { decrypted } from './age.ts'
import { type IdentityOptions, neededIdentities } from './identity.ts'
import { readOutside } from './outside.ts'

/** Opens values one by one; asks for the identity when the first encrypted one is wanted. */
export type Values = (key: string, entry: SecretEntry) => Promise<string>

export function createValues(
  { file }: Pick<LoadedSecrets, 'file'>,
  options: IdentityOptions,
  io: Io,
): Values {
  let identities: ReturnType<typeof neededIdentities> | undefined
  return async (key, entry) => {
    const from = sourceOf(entry)
    if (from === undefined) throw new InternalError(`${key} has no value`)
    const { source, at } = from
    if (source !== 'value') return readOutside(key, { source, at }, file, io.env)
    identities ??= neededIdentities(options, io, `to open ${key}`)
    const value = await decrypted(at, await identities)
    if (value !== undefined) return value
    throw usageError(
      `${key} cannot be opened with this identity`,
      'it is not one of the recipients, or the value was damaged; `converge secrets check` tells of all',
    )
  }
}
