import { Interrupted } from '../../model/errors.ts'
import type { Change, Plan } from '../../model/plan.ts'
import type { Progress } from '../../model/report.ts'
import { gatheredProgram } from '../../shell/programs/gathered-program.ts'
import type { Run } from '../../shell/programs/plan-program.ts'
import type { SessionContext } from '../session-context.ts'

/** Hosts whose runs wait for each other in the middle: they are told to go on once all have come so far, or why not. */
export interface Gathering {
  /** A run begins. */
  joins(host: string, run: Run): void
  sees(event: Progress): void
}

type Hosts = Pick<SessionContext, 'connections' | 'programs' | 'stop' | 'clock'>

export function gatheringOf({ hosts }: Plan, context: Hosts): Gathering {
  const missing = new Set(
    hosts.flatMap((one) => (one.status === 'planned' && one.changes.some(gathers) ? [one.host] : [])),
  )
  const runs = new Map<string, Run>()
  const waiting = new Set<string>()
  let answer: string | undefined
  const tellAll = (): void => {
    if (answer === undefined) return
    for (const host of waiting) {
      const run = runs.get(host)
      if (run !== undefined) void tell(host, run, answer, context)
    }
    waiting.clear()
  }
  return {
    joins: (host, run) => void runs.set(host, run),
    sees(event) {
      if (event.event === 'change-started' && gathers(event.change)) {
        waiting.add(event.host)
        missing.delete(event.host)
        if (missing.size === 0) answer ??= 'all'
        tellAll()
      }
      if (event.event === 'host-done' && missing.has(event.host)) {
        answer ??= `${event.host} has not come so far, so no member begins`
        tellAll()
      }
    },
  }
}

function gathers({ operation }: Change): boolean {
  return operation.op === 'etcd-restore' && operation.action === 'gather'
}

const attempts = 5
const pauseMs = 2000

/** A host that cannot be told stops waiting by itself, and says so. */
async function tell(
  host: string,
  run: Run,
  answer: string,
  { connections, programs, stop, clock }: Hosts,
): Promise<void> {
  const program = gatheredProgram(answer, run, programs.library)
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      const { exitCode } = await connections.use(host, stop.leaving, (connection) =>
        connection.exec({ program, timeoutMs: 30_000 }),
      )
      if (exitCode === 0) return
      await clock.pause(pauseMs, stop.leaving)
    } catch (error) {
      if (error instanceof Interrupted) return
      await clock.pause(pauseMs, stop.leaving).catch(() => undefined)
    }
  }
}
