import type { View } from '../../report/views/view.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { IdentityOptions } from './identity.ts'
import { listed } from './listing.ts'
import { entryOf, openStore, type StoreOptions } from './store.ts'
import { createValues } from './values.ts'

export interface ShowOptions extends StoreOptions, IdentityOptions {
  /** Only the public half or certificate, which needs no identity. */
  readonly public?: boolean
}

/** `converge secrets show KEY`: prints a value, or its public half. */
export async function show(key: string, options: ShowOptions, io: Io, view: View): Promise<ExitCode> {
  const store = await openStore(options)
  const entry = entryOf(store, key)
  if (options.public !== true) {
    view.secret({
      ...listed(key, entry, store.secrets),
      value: await createValues(store, options, io)(key, entry),
    })
    return 0
  }
  if (entry.public === undefined && entry.certificate === undefined)
    throw usageError(`${key} has no public half`, 'keys and certificates have one')
  view.secret(listed(key, entry, store.secrets))
  return 0
}
