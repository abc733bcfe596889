import type { HostLibrary } from '../library.ts'
import { commandLine, quote } from '../quote.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'

/** The service that runs the first boot of a host. */
export const firstBootUnit = 'converge-first-boot.service'

/** Seconds before each further attempt of a boot: a network, a mirror or a lock of another program may not be there yet. */
const pausesSeconds = [10, 30, 60, 120, 240]

/** A program in a file that runs itself again while that fails. */
function attempted(program: string): string {
  return `if [ -z "\${CONVERGE_ATTEMPT-}" ]; then
  export CONVERGE_ATTEMPT=yes
  for pause in ${pausesSeconds.join(' ')} ''; do
    /bin/sh "$0" && exit
    [ -z "$pause" ] || {
      echo "this attempt failed; the next one is in $pause seconds"
      sleep "$pause"
    }
  done
  echo 'it goes on at the next boot, or with: systemctl start ${firstBootUnit}'
  exit 1
fi
${program}`
}

/** Runs a portable program until it has succeeded once, or somebody else has applied; then it removes what brought it. */
export function firstBootProgram(portable: string, place: StatePlace, library: HostLibrary): string {
  return attempted(`{
unset CONVERGE_ATTEMPT
${library.firstBoot}
${placeSettings(place)}
UNIT=${quote(firstBootUnit)}
begin_first_boot
(
${portable}
) || exit
end_first_boot
}
`)
}

/** Fetches the gzipped program of a first boot, whose place it takes. */
export function fetchProgram(url: string, sha256: string, library: HostLibrary): string {
  return attempted(`{
${library.fetch}
fetch ${commandLine([url, sha256])}
}
`)
}
