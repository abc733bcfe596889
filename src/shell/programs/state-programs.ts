import type { Member } from '../../model/manifest.ts'
import type { HostLibrary } from '../library.ts'
import { quote } from '../quote.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'

/**
 * Ends the apply that holds a host's lock. It says `free` where there is none, `ended` and its holder, or `held` and
 * its holder where it could not be ended.
 */
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
