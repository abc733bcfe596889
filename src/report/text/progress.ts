import { type HostReport, isWell, type Progress } from '../../model/report.ts'
import { assertNever } from '../../model/value.ts'
import { describeOperation } from '../plan/describe-operation.ts'
import { compactHosts } from './compact-hosts.ts'
import { escapeLine } from './escape-control.ts'
import type { Style } from './style.ts'
import { count, size } from './words.ts'

/** The state of the live view, from progress events. */
export interface ProgressState {
  readonly phase: 'inspect' | 'apply' | 'verify' | 'ask'
  readonly wave: { readonly number: number; readonly of: number } | undefined
  readonly hosts: ReadonlySet<string>
  /** The hosts that are done. */
  readonly done: ReadonlySet<string>
  /** What each busy host is doing, in words. */
  readonly busy: ReadonlyMap<string, string>
}

export const initialProgress: ProgressState = {
  phase: 'inspect',
  wave: undefined,
  hosts: new Set(),
  done: new Set(),
  busy: new Map(),
}

/** The state after one more event. */
export function advanceProgress(state: ProgressState, event: Progress): ProgressState {
  switch (event.event) {
    case 'phase':
      return { ...initialProgress, phase: event.phase, hosts: new Set(event.hosts) }
    case 'wave':
      return { ...state, wave: { number: event.wave, of: event.of } }
    case 'pause':
    case 'waiting':
      return state
    case 'connecting':
      return busy(state, event.host, 'connecting')
    case 'inspected':
    case 'answered':
      return done(state, event.host)
    case 'uploading':
      return busy(state, event.host, uploading(event))
    case 'change-started':
      return busy(state, event.host, describeOperation(event.change.operation))
    case 'change-done':
      return state
    case 'host-done':
      return done(state, event.host)
    default:
      return assertNever(event)
  }
}

const phaseWords = { inspect: 'inspecting', apply: 'applying', verify: 'verifying', ask: 'asking' } as const
const maxBusyHosts = 8

/** A few lines for a terminal: counts, then the hosts that are busy. No line is wider than `columns`. */
export function renderProgress(
  state: ProgressState,
  options: { readonly style: Style; readonly columns: number },
): string {
  const { style, columns } = options
  const wave =
    state.wave !== undefined && state.wave.of > 1 ? `, wave ${state.wave.number} of ${state.wave.of}` : ''
  const head = `${phaseWords[state.phase]}: ${state.done.size} of ${count(state.hosts.size, 'host')} done${wave}`
  const lines = [...state.busy]
    .slice(0, maxBusyHosts)
    .map(([host, words]) => `  ${escapeLine(host)}: ${words}`)
  const hidden = state.busy.size - lines.length
  if (hidden > 0) lines.push(`  and ${count(hidden, 'more host')}`)
  return [head, ...lines.map((line) => style.quiet(cut(line, columns)))].join('\n')
}

/** The line for an event without a terminal, starting with the host; undefined for what is only told when verbose. */
export function progressLine(event: Progress, options: { readonly verbose: boolean }): string | undefined {
  switch (event.event) {
    case 'phase':
      return event.hosts.length === 0
        ? undefined
        : `${phaseWords[event.phase]} ${count(event.hosts.length, 'host')}`
    case 'wave':
      return event.of === 1
        ? undefined
        : `wave ${event.wave} of ${event.of}: ${escapeLine(compactHosts(event.hosts))}`
    case 'pause':
      return `waiting ${count(event.seconds, 'second')}`
    case 'waiting':
      return `waiting until ${escapeLine(compactHosts(event.hosts))} of ${escapeLine(event.group)} ${event.hosts.length === 1 ? 'is' : 'are'} healthy, at most ${count(event.seconds, 'second')}`
    case 'connecting':
    case 'inspected':
    case 'answered':
      return options.verbose ? `${escapeLine(event.host)}: ${event.event}` : undefined
    case 'uploading':
      return options.verbose ? `${escapeLine(event.host)}: ${uploading(event)}` : undefined
    case 'change-started':
      return options.verbose
        ? `${escapeLine(event.host)}: starting: ${describeOperation(event.change.operation)}`
        : undefined
    case 'change-done':
      return options.verbose
        ? `${escapeLine(event.host)}: ${event.outcome}: ${describeOperation(event.change.operation)}`
        : undefined
    case 'host-done':
      return options.verbose || !isWell(event.report)
        ? `${escapeLine(event.host)}: ${outcome(event.report)}`
        : undefined
    default:
      return assertNever(event)
  }
}

function busy(state: ProgressState, host: string, words: string): ProgressState {
  return { ...state, busy: new Map(state.busy).set(host, words) }
}

function done(state: ProgressState, host: string): ProgressState {
  const others = new Map(state.busy)
  others.delete(host)
  // In an apply hosts without changes are also reported as done, and are not counted.
  return { ...state, done: state.hosts.has(host) ? new Set(state.done).add(host) : state.done, busy: others }
}

function uploading(event: { readonly files: number; readonly sizeBytes: number }): string {
  return `uploading ${count(event.files, 'file')}, ${size(event.sizeBytes)}`
}

function outcome(report: HostReport): string {
  switch (report.status) {
    case 'unreachable':
    case 'refused':
    case 'failed':
      return `${report.status} at ${report.error.step}: ${escapeLine(report.error.message)}`
    case 'left-running':
      return 'left running'
    case 'not-started':
      return `not started: ${escapeLine(report.reason)}`
    case 'unchanged':
    case 'held':
    case 'changed':
    case 'unsettled':
      return report.status
    default:
      return assertNever(report)
  }
}

function cut(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, Math.max(columns - 4, 0))}...`
}
