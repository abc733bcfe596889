import { ConvergeError } from '../../model/errors.ts'
import type { HostLibrary } from '../../shell/library.ts'
import type { Run } from '../../shell/programs/plan-program.ts'
import { confirmProgram } from '../../shell/programs/revert-program.ts'
import type { Clock } from '../clock.ts'
import type { Connections } from '../connections.ts'

const pauseMs = 1000

interface Confirmation {
  readonly run: Run
  readonly host: string
  readonly connections: Connections
  readonly library: HostLibrary
  readonly clock: Clock
  /** What follows if it is not confirmed. */
  readonly remedy: string
  readonly signal: AbortSignal
}

/** Confirms an apply over a new connection, which shows that one can still log in. */
export async function confirm({
  run,
  host,
  connections,
  library,
  clock,
  remedy,
  signal,
}: Confirmation): Promise<void> {
  const deadline = clock.now() + (run.confirmWithinSeconds ?? 0) * 1000
  for (;;) {
    try {
      const { stdout } = await connections.useNew(host, signal, (connection) =>
        connection.exec({ program: confirmProgram(run, library), timeoutMs: 20_000 }),
      )
      if (Buffer.from(stdout).toString().trim() === 'confirmed') return
      throw notConfirmed(host, remedy, undefined)
    } catch (error) {
      if (!(error instanceof ConvergeError)) throw error
      if (error.code === 'unconfirmed' || clock.now() + pauseMs > deadline)
        throw notConfirmed(host, remedy, error)
      await clock.pause(pauseMs, signal)
    }
  }
}

function notConfirmed(host: string, remedy: string, cause: ConvergeError | undefined): ConvergeError {
  return new ConvergeError('unconfirmed', 'no new connection confirmed the apply in time', {
    host,
    step: 'confirm',
    remedy,
    cause,
  })
}
