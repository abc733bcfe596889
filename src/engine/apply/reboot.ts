import type { Host } from '../../model/cluster.ts'
import { CommandError, ConvergeError } from '../../model/errors.ts'
import type { OperationTypes } from '../../model/operation.ts'
import type { PlannedHost } from '../../model/plan.ts'
import { type ChangeResult, failedReport, type HostReport } from '../../model/report.ts'
import type { Stop } from '../../model/stop.ts'
import { type GroupMember, membersOn } from '../../plan/disruption.ts'
import { isWithin } from '../../plan/host/reboot.ts'
import type { Clock } from '../clock.ts'
import type { Connections } from '../connections.ts'
import { ask, type HostPrograms } from '../inspect/inspect-host.ts'
import type { SessionContext } from '../session-context.ts'
import { illnessOf, isHealthy } from './member-health.ts'

const pauseMs = 2000

/** Why a host does not start now: the window of its reboot is over. */
export function closedWindow(planned: PlannedHost, now: Date): string | undefined {
  const window = rebootIn(planned)?.window
  return window === undefined || isWithin(window, now)
    ? undefined
    : `it would reboot, and the window for that is ${window} UTC`
}

interface RebootingHost {
  readonly planned: PlannedHost
  readonly host: Host
  readonly connections: Connections
  readonly programs: HostPrograms
  readonly clock: Clock
  readonly stop: Stop
}

/** Waits until a host that was told to reboot is in another boot and lets converge in. */
export async function awaitBoot({
  planned,
  host,
  connections,
  programs,
  clock,
  stop,
}: RebootingHost): Promise<void> {
  const reboot = rebootIn(planned)
  if (reboot === undefined) return
  const deadline = clock.now() + reboot.timeoutSeconds * 1000
  for (;;) {
    const failure = await connections
      .useNew(host.name, stop.leaving, async (connection) => {
        const { reboot: fact } = await ask(connection, [{ probe: 'reboot' }], host.platform, programs)
        return fact?.boot === reboot.boot ? 'it is still in the boot that it should end' : undefined
      })
      .catch((error: unknown) => {
        if (error instanceof ConvergeError) return error
        throw error
      })
    if (failure === undefined) return
    if (clock.now() + pauseMs > deadline) {
      const why = typeof failure === 'string' ? failure : failure.message
      const message = `it was not back ${reboot.timeoutSeconds} s after its reboot was ordered: ${why}`
      throw new ConvergeError('reboot-failed', message, {
        host: host.name,
        step: 'reboot',
        remedy: 'All changes are applied. Look at its console, and run converge again when it is up.',
        cause: failure,
      })
    }
    await clock.pause(pauseMs, stop.leaving)
  }
}

/** The report of a rebooted host of which a member of a group does not become healthy; undefined if all do. */
export async function illAfterReboot(
  context: SessionContext,
  planned: PlannedHost,
  results: readonly ChangeResult[],
): Promise<HostReport | undefined> {
  const { host } = planned
  if (rebootIn(planned) === undefined) return undefined
  for (const member of membersOn(context.hostCatalog(host))) {
    if (await becomesHealthy(context, host, member)) continue
    const illness = await illnessOf(context, host, member)
    const why = illness === undefined ? '' : `: ${illness.reason}`
    const error = new CommandError(`${member.unit} is not healthy after the reboot${why}`, {
      code: 'reboot-failed',
      host,
      step: 'reboot',
      exitCode: undefined,
      stderr: illness?.said?.output ?? '',
      remedy: 'All changes are applied. Find out why it does not come up by itself, then run converge again.',
    })
    return failedReport(host, error, { results })
  }
  return undefined
}

async function becomesHealthy(
  context: SessionContext,
  host: string,
  { healthy, healthyTimeoutSeconds = 0 }: GroupMember,
): Promise<boolean> {
  const { clock, stop } = context
  const deadline = clock.now() + healthyTimeoutSeconds * 1000
  for (;;) {
    if ((await isHealthy(context, host, healthy, stop.leaving)) === true) return true
    if (clock.now() + pauseMs > deadline) return false
    await clock.pause(pauseMs, stop.leaving)
  }
}

function rebootIn({ changes }: PlannedHost): OperationTypes['reboot'] | undefined {
  return changes.flatMap(({ operation }) => (operation.op === 'reboot' ? [operation] : []))[0]
}
