import type { View } from '../../report/views/view.ts'
import type { ExitCode } from '../io/io.ts'
import { listingOf } from './listing.ts'
import { openStore, type StoreOptions } from './store.ts'

/** `converge secrets list`: all secrets without their values; needs no identity. */
export async function list(options: StoreOptions, view: View): Promise<ExitCode> {
  view.secrets(listingOf('secrets list', await openStore(options)))
  return 0
}
