import type { Member } from '../../model/manifest.ts'
import type { HostLibrary } from '../library.ts'
import { quote } from '../quote.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'

/** Stops the apply that holds a host's lock. Prints `free`, `ended HOLDER`, or `held HOLDER` if it could not. */
export function unlockProgram(place: StatePlace, library: HostLibrary): string {
  return `{
${library.inspect}
${placeSettings(place)}
unlock
} </dev/null
`
}

/** Makes a host remember these hosts of its cluster and no others. */
export function rememberProgram(members: readonly Member[], place: StatePlace, library: HostLibrary): string {
  return `{
${library.inspect}
${placeSettings(place)}
[ ! -d "$CLUSTER" ] || remember_members ${quote(JSON.stringify(members))}
} </dev/null
`
}

/** Hands over what another cluster has on a host. Prints `adopted`, or `found` if dry, `none`, `both` or `held`. */
export function adoptProgram(
  old: string,
  { isDry }: { readonly isDry: boolean },
  place: StatePlace,
  library: HostLibrary,
): string {
  return `{
${library.inspect}
${placeSettings(place)}
adopt_cluster ${quote(old)}${isDry ? ' dry' : ''}
} </dev/null
`
}
