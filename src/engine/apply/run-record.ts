import { CommandError, ConvergeError, reachOf } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { Change, Owed, PlannedHost } from '../../model/plan.ts'
import { type ChangeResult, failedReport, type HostReport, type Progress } from '../../model/report.ts'
import { rulesOf } from '../../operations/index.ts'
import type { ApplyEvent } from '../../shell/answers/parse-results.ts'
import { meaningfulLine } from './meaningful-line.ts'

/** The state of one run on one host as results arrive; after a reconnection they are read again from the start. */
export interface RunRecord {
  /** The results are about to be read from their first line. */
  beginning(): void
  take(event: ApplyEvent): void
  /** From now on the host may have received the program. */
  sent(): void
  isSent(): boolean
  /** Whether a result was seen, so that the run has certainly started. */
  hasBegun(): boolean
  hasEnded(): boolean
  report(): HostReport
  failed(error: ConvergeError): HostReport
  /** The report if converge leaves before the run has ended. */
  leftRunning(): HostReport
}

export function recordRun(
  planned: PlannedHost,
  onProgress: (event: Progress) => void,
  confirmWithinSeconds?: number,
): RunRecord {
  const { host, changes, facts } = planned
  const rollsBack =
    confirmWithinSeconds === undefined ? undefined : rollsBackAfter(confirmWithinSeconds, planned)
  const events: ApplyEvent[] = []
  let line = 0
  let isSent = false

  const tell = (event: ApplyEvent): void => {
    const change = 'change' in event ? changes[event.change] : undefined
    if (change === undefined) return
    if (event.event === 'change-started') onProgress({ event: 'change-started', host, change })
    const outcome = outcomes[event.event]
    if (outcome !== undefined) onProgress({ event: 'change-done', host, change, outcome })
  }

  const results = (): ChangeResult[] =>
    changes.flatMap((change, index): ChangeResult[] => {
      const ended = events.find(
        (event) => 'change' in event && event.change === index && event.event !== 'change-started',
      )
      const outcome = ended && outcomes[ended.event]
      return outcome === undefined ? [] : [{ change, outcome }]
    })

  const output = (): string =>
    events.flatMap((event) => (event.event === 'output' ? [event.line] : [])).join('\n')

  const failed = (error: ConvergeError, failedChange?: Change): HostReport => {
    const done = results()
    const reached = new Set([...done.map(({ change }) => change), failedChange])
    return failedReport(host, error, {
      results: done,
      ...given({ failed: failedChange }),
      notReached: changes.filter((change) => !reached.has(change)),
      pending: stillOwed(facts.pending as readonly Owed[], done, failedChange),
    })
  }

  return {
    beginning() {
      line = 0
    },
    take(event) {
      line += 1
      if (line <= events.length) return
      events.push(event)
      tell(event)
    },
    sent() {
      isSent = true
    },
    isSent: () => isSent,
    hasBegun: () => events.length > 0,
    leftRunning: () => ({
      host,
      status: 'left-running',
      results: results(),
      remedy: rollsBack ?? finishesByItself,
    }),
    hasEnded: () => events.some(({ event }) => event === 'end'),
    failed(error) {
      const hasEnded = events.some(({ event }) => event === 'end')
      if (!isSent || hasEnded || reachOf(error) !== 'unreachable') return failed(error)
      const message = `${error.message}; it is not known what the host has done since`
      const unknown = new ConvergeError(error.code, message, {
        host,
        step: 'apply',
        remedy: rollsBack ?? finishesByItself,
        cause: error,
      })
      return failedReport(host, unknown, { results: results() })
    },
    report() {
      const end = events.find(({ event }) => event === 'end')
      if (end?.event === 'end' && end.outcome === 'ok') return { host, status: 'changed', results: results() }
      const failure = events.find(({ event }) => event === 'change-failed')
      if (failure?.event === 'change-failed') {
        const change = changes[failure.change]
        // The host sets its timer before the first change.
        const begun = events.some(({ event }) => event === 'change-started')
        const remedy =
          rollsBack === undefined || !begun
            ? 'Earlier changes were applied and remain. Fix the cause, then run converge again.'
            : `${rollsBack} Fix the cause.`
        return failed(stepFailed(host, change, failure.problem, output(), remedy), change)
      }
      if (end?.event === 'end' && end.outcome === 'failed') return failed(failureLost(host))
      const locked = events.find(({ event }) => event === 'locked')
      return failed(locked?.event === 'locked' ? lockedBy(host, locked.holder) : changedSince(host, output()))
    },
  }
}

const outcomes: Readonly<Record<string, ChangeResult['outcome']>> = {
  'change-done': 'applied',
  'change-skipped': 'skipped',
}

/** What was pending before, plus what the applied and failed changes owe, minus what applied changes settled. */
function stillOwed(
  before: readonly Owed[],
  done: readonly ChangeResult[],
  failedChange: Change | undefined,
): readonly Owed[] {
  const owed = new Map<string, Owed>()
  const keyOf = ({ action, resource }: Owed) => `${action} ${resource}`
  const add = (all: readonly Owed[]) => {
    for (const one of all) owed.set(keyOf(one), one)
  }
  add(before)
  for (const { change, outcome } of done) {
    if (outcome === 'skipped') continue
    add(change.owes)
    for (const one of [...change.settles, ...(change.absorbs ?? [])]) owed.delete(keyOf(one))
  }
  // A failed write has changed nothing; other failed changes may be half done, and are in the journal.
  if (failedChange !== undefined && failedChange.operation.op !== 'write') add(failedChange.owes)
  return [...owed.values()]
}

const finishesByItself =
  'The host finishes by itself: `converge status` shows when it has finished, `converge history` what it did.'

/** With what the host then leaves as the apply made it. */
export function rollsBackAfter(seconds: number, { bookkeeping }: PlannedHost): string {
  const lasting = (bookkeeping?.lasting ?? []).map(({ operation }) => rulesOf(operation).words(operation))
  const stays = lasting.length === 0 ? '' : ` It does not undo this: ${lasting.join('; ')}.`
  return `The host rolls itself back ${seconds} s after the apply began.${stays}`
}

function stepFailed(
  host: string,
  change: Change | undefined,
  problem: string,
  stderr: string,
  remedy: string,
): CommandError {
  const code = /^exit (\d+)$/.exec(problem)?.[1]
  const message = code === undefined ? problem : exitMessage(code, stderr, change)
  const exitCode = code === undefined ? undefined : Number(code)
  return new CommandError(message, { host, step: 'apply', exitCode, stderr, remedy })
}

/** `E: Unable to locate package ngnix (exit status 100)` */
function exitMessage(code: string, output: string, change: Change | undefined): string {
  const said = meaningfulLine(output)
  if (code === '124' && said?.line.startsWith('stopped after ')) return `${said.line}, its timeoutSeconds`
  if (said === undefined) return `exit status ${code}, and it printed nothing`
  // The host library's own words.
  if (code === '1' && change?.operation.op !== 'run') return said.line
  return said.complains
    ? `${said.line} (exit status ${code})`
    : `exit status ${code}; it printed: ${said.line}`
}

function lockedBy(host: string, holder: string): ConvergeError {
  return new ConvergeError('locked', `another apply holds the lock: ${holder === '' ? 'unknown' : holder}`, {
    host,
    step: 'apply',
    remedy: 'Run converge again after it has ended, or pass --lock-wait 2m to wait for it.',
  })
}

/** The line of a failure is short: if it is not there, nothing could be written. */
function failureLost(host: string): ConvergeError {
  return new CommandError('it failed, and could not write down why', {
    host,
    step: 'apply',
    exitCode: undefined,
    stderr: 'the file system of the state directory may be full: No space left on device',
    remedy:
      'Make room where `stateDir` under `platform` is, then run converge again: it continues from what the host has recorded.',
  })
}

function changedSince(host: string, differences: string): ConvergeError {
  return new CommandError('the host changed after it was planned; nothing was applied', {
    code: 'host-changed',
    host,
    step: 'apply',
    exitCode: undefined,
    stderr: differences,
    remedy: 'Find out what changed it, then run converge again to make a new plan.',
  })
}
