import type { View } from '../../report/views/view.ts'
import { usageError } from '../cli/usage-error.ts'
import { editPrivately } from '../io/edit-privately.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { IdentityOptions } from './identity.ts'
import { secretText } from './secret-text.ts'
import { settable, writeValue } from './set.ts'
import { openStore, type StoreOptions } from './store.ts'
import { createValues } from './values.ts'

export interface EditOptions extends StoreOptions, IdentityOptions {}

/** `converge secrets edit KEY`: opens a value in an editor, and encrypts what that leaves. A new key begins empty. */
export async function edit(key: string, options: EditOptions, io: Io, view: View): Promise<ExitCode> {
  const store = await openStore(options)
  settable(key, store)
  const entry = store.secrets.get(key)
  if (entry?.certificate !== undefined)
    throw usageError(
      `${key} has a certificate, which belongs to this very key`,
      'use `converge secrets set` or `rotate`',
    )
  const known = entry === undefined ? undefined : await createValues(store, options, io)(key, entry)
  const left = secretText(await editPrivately(known ?? '', io), 'what the editor left')
  // Most editors end a text with a line break.
  const value = left === `${known}\n` && known !== undefined ? known : left
  return writeValue({ key, value, known, command: 'secrets edit', store, options }, view)
}
