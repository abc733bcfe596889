import type { Identity, Member } from '../../model/manifest.ts'
import { identityLines } from '../../record/identities.ts'
import type { HostLibrary } from '../library.ts'
import { quote } from '../quote.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'

/** Stops the apply that holds a host's lock. Prints `free`, `ended HOLDER`, or `held HOLDER` if it could not. */
export function unlockProgram(place: StatePlace, library: HostLibrary): string {
  return stateProgram(['unlock'], place, library)
}

/** Makes a host remember these hosts of its cluster and no others, and these names and places as its own. */
export function rememberProgram(
  { members, identities }: { readonly members: readonly Member[]; readonly identities?: readonly Identity[] },
  place: StatePlace,
  library: HostLibrary,
): string {
  const lines = [
    `remember_members ${quote(JSON.stringify(members))}`,
    ...(identities === undefined ? [] : [`remember_identities ${quote(identityLines(identities))}`]),
  ]
  return stateProgram([`[ ! -d "$CLUSTER" ] || { ${lines.join(' && ')}; }`], place, library)
}

/** Hands over what another cluster has on a host. Prints `adopted`, or `found` if dry, `none`, `both` or `held`. */
export function adoptProgram(
  old: string,
  { isDry }: { readonly isDry: boolean },
  place: StatePlace,
  library: HostLibrary,
): string {
  return stateProgram([`adopt_cluster ${quote(old)}${isDry ? ' dry' : ''}`], place, library)
}

function stateProgram(lines: readonly string[], place: StatePlace, library: HostLibrary): string {
  return `{
${library.inspect}
${placeSettings(place)}
${lines.join('\n')}
} </dev/null
`
}
