import type { HostLibrary } from '../library.ts'
import { quote } from '../quote.ts'

/**
 * A program that runs one command of the user in the host's shell, and exits with its code. The host stops it shortly
 * after the controller's time limit, because a closed connection does not stop it. Within a root tree it runs by chroot,
 * or not at all.
 */
export function commandProgram(
  command: string,
  timeoutMs: number,
  library: HostLibrary,
  { isWithin = false }: { readonly isWithin?: boolean } = {},
): string {
  const seconds = Math.ceil(timeoutMs / 1000) + 1
  const within = `[ "$(id -u)" = 0 ] && [ -x "\${CONVERGE_ROOT-}/bin/sh" ] || {
  echo 'converge cannot run it in the root tree: that needs root, and a /bin/sh there; --allow-local runs it on this machine' >&2
  exit 126
}
`
  return `{
${library.command}
${isWithin ? within : ''}find_timeout
exec \${CONVERGE_TIMEOUT:+$CONVERGE_TIMEOUT ${seconds}} ${isWithin ? 'chroot "$CONVERGE_ROOT" ' : ''}/bin/sh -c ${quote(command)}
} </dev/null
`
}
