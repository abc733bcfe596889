import { ConvergeError } from '../../model/errors.ts'
import type { Run } from '../../shell/programs/plan-program.ts'
import { confirmProgram } from '../../shell/programs/revert-program.ts'
import type { Connections } from '../connections.ts'
import { goesBackBy } from './run-record.ts'

const pauseMs = 1000

/** Confirms an apply over a connection of its own, as somebody would who logs in after it. */
export async function confirm(run: Run, host: string, connections: Connections): Promise<void> {
  const deadline = performance.now() + (run.confirmWithinSeconds ?? 0) * 1000
  for (;;) {
    try {
      const connection = await connections.renew(host)
      const { stdout } = await connection.exec({ program: confirmProgram(run), timeoutMs: 20_000 })
      if (Buffer.from(stdout).toString().trim() === 'confirmed') return
      throw goesBack(run, host, undefined)
    } catch (error) {
      if (!(error instanceof ConvergeError)) throw error
      if (error.code === 'unconfirmed' || performance.now() + pauseMs > deadline)
        throw goesBack(run, host, error)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

function goesBack(run: Run, host: string, cause: ConvergeError | undefined): ConvergeError {
  return new ConvergeError('unconfirmed', 'no new connection confirmed the apply in time', {
    host,
    step: 'confirm',
    remedy: goesBackBy(run.confirmWithinSeconds ?? 0),
    cause,
  })
}
