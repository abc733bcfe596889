import { CommandError, ConvergeError } from '../../model/errors.ts'
import type { Stop } from '../../model/stop.ts'
import type { Connection, ExecResult } from '../../model/transport.ts'
import { endedWell, lineSplitter, parseResultLine } from '../../shell/answers/parse-results.ts'
import type { Clock } from '../clock.ts'
import type { Connections } from '../connections.ts'
import type { Question } from '../inspect/inspect-host.ts'
import type { RunRecord } from './run-record.ts'

export interface FollowedRun {
  readonly host: string
  /** Starts the run, or follows it if it was already started. */
  readonly launch: string
  /** What the launch asks the host after a run that ended well, if it does. */
  readonly question?: Question
  readonly changes: number
  readonly timeoutMs: number
  readonly record: RunRecord
  readonly connections: Connections
  readonly clock: Clock
  readonly stop: Stop
}

/**
 * Starts a run on a host and follows it to its end; the answer to the question, if there is one. After a lost connection it sends the launch again, which follows
 * the run, or starts it; after a stop it does that only if the run has certainly started.
 */
export async function followRun(followed: FollowedRun): Promise<ExecResult | undefined> {
  const { host, record, connections, clock, stop } = followed
  const signal = (): AbortSignal => (record.hasBegun() ? stop.leaving : stop.stopping)
  let use = connections.use
  for (const pauseMs of reconnectPausesMs) {
    try {
      return await use(host, signal(), (connection) => launch(connection, followed))
    } catch (error) {
      if (record.hasEnded()) return undefined
      const isLost = error instanceof ConvergeError && lostCodes.has(error.code)
      if (!isLost || !record.isSent() || pauseMs === undefined) throw error
      use = connections.useNew
      await clock.pause(pauseMs, signal())
    }
  }
  return undefined
}

const lostCodes: ReadonlySet<string> = new Set(['connection-lost', 'connect-failed', 'connect-timeout'])
/** Pauses before each attempt to reconnect; after the last one the error is final. */
const reconnectPausesMs = [200, 1000, 3000, 6000, 12_000, undefined] as const

async function launch(connection: Connection, followed: FollowedRun): Promise<ExecResult | undefined> {
  const { host, record, stop, changes, timeoutMs, question } = followed
  if (!record.hasBegun()) stop.stopping.throwIfAborted()
  const unsent = new AbortController()
  const onStopping = () => unsent.abort(stop.stopping.reason)
  const forgetStopping = () => stop.stopping.removeEventListener('abort', onStopping)
  if (!record.hasBegun()) stop.stopping.addEventListener('abort', onStopping)
  record.beginning()
  const running = connection.exec({
    program: followed.launch,
    timeoutMs: timeoutMs + (question?.timeoutMs ?? 0),
    maxOutputBytes: baseResultBytes + changes * changeResultBytes + (question?.maxOutputBytes ?? 0),
    onSend() {
      forgetStopping()
      record.sent()
    },
    onStdout: lineSplitter((line) => {
      // The rest is an answer.
      if (record.hasEnded()) return
      const event = parseResultLine(line)
      if (event !== undefined) record.take(event)
    }),
    signal: AbortSignal.any([unsent.signal, stop.leaving]),
  })
  const result = await running.finally(forgetStopping)
  if (!record.hasEnded()) throw endedEarly(host, result.exitCode, result.stderr)
  return question === undefined ? undefined : afterEnd(result)
}

/** What the host printed after a run that ended well; undefined after another one. */
function afterEnd(result: ExecResult): ExecResult | undefined {
  const stdout = Buffer.from(result.stdout)
  const end = Buffer.from(`\n${endedWell}\n`)
  const at = stdout.indexOf(end)
  return at < 0 ? undefined : { ...result, stdout: stdout.subarray(at + end.length) }
}

/** Far more than the result lines of an apply and the end of a failed step's output. */
const baseResultBytes = 1024 * 1024
const changeResultBytes = 1024

/** The exit code of a launch that could not start the program. */
const launchFailed = 70

function endedEarly(host: string, exitCode: number | undefined, stderr: string): CommandError {
  return new CommandError(stderr.trim().split('\n').at(-1) || 'the apply program ended without a result', {
    host,
    step: 'apply',
    exitCode,
    stderr,
    remedy:
      exitCode === launchFailed
        ? 'Nothing was changed. Fix that, or set `stateDir` under `platform` to a writable directory.'
        : 'Nothing is lost: run converge again; it continues from what the host has recorded.',
  })
}
