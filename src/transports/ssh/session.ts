import { ConvergeError, type WorldStep } from '../../model/errors.ts'
import { pause } from '../after.ts'
import { type Bounds, bounded } from '../bounded.ts'
import { connectionLost, type SshLink } from './link.ts'

const RETRY_DELAYS_MS = [20, 50, 100, 200, 400]

/**
 * Opens a session of the connection. A server that allows one at a time (MaxSessions 1) may not have noticed yet that
 * the last one has ended. Nothing has run if it refuses, so this is tried again. Other errors are ssh2's own.
 */
export async function openSession<Session>(
  link: SshLink,
  step: WorldStep,
  signal: AbortSignal | undefined,
  open: () => Promise<Session>,
): Promise<Session> {
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await tryOpen(link, step, signal, open)
    } catch (error) {
      if (!isRefused(error)) throw error
      await pause(link.patience.after, delayMs)
    }
  }
  try {
    return await tryOpen(link, step, signal, open)
  } catch (cause) {
    if (!isRefused(cause)) throw cause
    throw new ConvergeError('unsupported', 'the SSH server refuses to open another session', {
      host: link.host,
      step,
      remedy: 'Raise MaxSessions in its sshd_config.',
      cause,
    })
  }
}

function tryOpen<Session>(
  link: SshLink,
  step: WorldStep,
  signal: AbortSignal | undefined,
  open: () => Promise<Session>,
): Promise<Session> {
  const bounds: Bounds = {
    timeoutMs: link.patience.sessionMs,
    timedOut: () => unanswered(link, step),
    after: link.patience.after,
    signal,
    // ssh2 throws if the connection has ended.
    listen: (fail) => link.onLost((cause) => fail(connectionLost(link.host, step, cause, 'nothing sent'))),
  }
  return bounded(bounds, ({ resolve, reject }) => void open().then(resolve, reject))
}

function unanswered({ host, patience }: SshLink, step: WorldStep): ConvergeError {
  const message = `the SSH server opened no session within ${patience.sessionMs / 1000} s`
  return new ConvergeError('timeout', message, {
    host,
    step,
    nothingSent: true,
    remedy: 'Check sshd and the load of the host.',
  })
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Channel open failure')
}
