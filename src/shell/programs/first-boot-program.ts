import type { HostLibrary } from '../library.ts'
import { commandLine, quote } from '../quote.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'

/** The service that runs the first boot of a host. */
export const firstBootUnit = 'converge-first-boot.service'

/** Runs a portable program until it has succeeded once, or somebody else has applied; then it removes what brought it. */
export function firstBootProgram(portable: string, place: StatePlace, library: HostLibrary): string {
  return `{
${library.firstBoot}
${placeSettings(place)}
UNIT=${quote(firstBootUnit)}
begin_first_boot
(
${portable}
) || exit
end_first_boot
}
`
}

/** Fetches the gzipped program of a first boot, whose place it takes. */
export function fetchProgram(url: string, sha256: string, library: HostLibrary): string {
  return `#!/bin/sh
{
${library.fetch}
fetch ${commandLine([url, sha256])}
}
`
}
