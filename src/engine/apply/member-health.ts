import { ConvergeError, Interrupted } from '../../model/errors.ts'
import { ask } from '../inspect/inspect-host.ts'
import type { SessionContext } from '../session-context.ts'

/** Asks a host whether its member of a group is healthy; undefined if it does not answer. */
export async function isHealthy(
  { connections, host, programs, stop }: SessionContext,
  name: string,
  command: string,
): Promise<boolean | undefined> {
  const { platform } = host(name)
  try {
    const facts = await connections.use(name, stop.stopping, (connection) =>
      ask(connection, [{ probe: 'check', command }], platform, programs),
    )
    return facts.checks[command] === true
  } catch (error) {
    if (error instanceof ConvergeError || error instanceof Interrupted) return undefined
    throw error
  }
}
