import { perText } from '../../model/memo.ts'
import type { Change, FileDiff, HostPlan, Plan, PlannedHost } from '../../model/plan.ts'
import { diffHunks, diffOfChange, type Hunk, type ShownDiff } from '../text/diff-hunks.ts'
import { escapeLine } from '../text/escape-control.ts'
import { asOnFirst, groupBy, likeness, ownAddress, ownName } from '../text/group-hosts.ts'
import { renderError } from '../text/render-error.ts'
import type { Style } from '../text/style.ts'
import { describeOperation } from './describe-operation.ts'

/** Something to show, and its hosts. */
export interface Shown<T> {
  readonly value: T
  readonly hosts: readonly string[]
  /** The marks in the value, which stand for what is each host's own. */
  readonly marks?: readonly Mark[]
}

/** What stands for something of each host's own, such as its name. */
export const ownMarks = { '<host>': 'name', '<address>': 'address' } as const
type Mark = keyof typeof ownMarks

/** The same step on many hosts: each variant of its words with its hosts. */
export interface ChangeView {
  readonly words: readonly Shown<string>[]
  readonly details: readonly Shown<string>[]
  readonly hunks: readonly Shown<PathHunk>[]
}

export interface PathHunk {
  readonly path: string
  readonly hunk: Hunk
}

/** Hosts that are shown together: the same resources change in the same way and order. */
export interface HostGroup {
  readonly hosts: readonly string[]
  readonly status: 'changing' | 'unchanged' | 'held' | 'failed'
  readonly changes: readonly ChangeView[]
  /** Notes, or the failure. */
  readonly lines: readonly string[]
}

/** The plan's hosts in groups, in the order of the spec. */
export function viewPlan(plan: Plan, style: Style): readonly HostGroup[] {
  // A thousand hosts with the same change cost one diff.
  const shownOf = perText((_text, diff: FileDiff) => diffHunks(diff))
  const diffOf = (diff: FileDiff) => shownOf(JSON.stringify(diff), diff)
  const groups = groupBy(plan.hosts, (host) => groupKey(host, style))
  // What stands last is read first.
  const ordered = groups.toSorted(([a], [b]) => Number(a.status === 'failed') - Number(b.status === 'failed'))
  const markOwn = ownMarker(plan.addresses ?? {})
  return ordered.map((hosts) => viewGroup(hosts, diffOf, markOwn, style))
}

function groupKey(host: HostPlan, style: Style): string {
  if (host.status !== 'planned')
    return JSON.stringify([host.status, likeness(host.host, linesOf(host, style))])
  const steps = host.changes.map(({ resource, operation }) => [
    resource,
    operation.op,
    operation.op === 'unit' ? operation.action : '',
  ])
  return JSON.stringify(['planned', steps, host.notes, leftOutNotes(host)])
}

function groupStatus(first: HostPlan): HostGroup['status'] {
  if (first.status !== 'planned') return first.status
  return first.changes.length === 0 ? 'unchanged' : 'changing'
}

function viewGroup(
  hosts: readonly [HostPlan, ...HostPlan[]],
  diffOf: DiffOf,
  markOwn: MarkOwn,
  style: Style,
): HostGroup {
  const [first, ...others] = hosts
  const planned = hosts.filter((host) => host.status === 'planned')
  const count = planned[0]?.changes.length ?? 0
  return {
    hosts: hosts.map((host) => host.host),
    status: groupStatus(first),
    changes: Array.from({ length: count }, (_, index) => viewChanges(planned, index, diffOf, markOwn)),
    lines: asOnFirst([linesOn(first, style), ...others.map((host) => linesOn(host, style))], style),
  }
}

function linesOn(host: HostPlan, style: Style) {
  return { host: host.host, lines: linesOf(host, style) }
}

function linesOf(host: HostPlan, style: Style): readonly string[] {
  switch (host.status) {
    case 'planned':
      return [...host.notes, ...leftOutNotes(host)].map((note) => `note: ${escapeLine(note)}`)
    case 'held':
      return [
        `note: held after a rollback by ${escapeLine(host.held)}: skipped until its spec changes, or with --release`,
      ]
    case 'failed':
      return renderError(host.error, style)
  }
}

const mostNamed = 10

/** What differs on a host and is left out. */
function leftOutNotes({ leftOut }: PlannedHost): readonly string[] {
  const { differ = [] } = leftOut ?? {}
  if (differ.length === 0) return []
  const more = differ.length - mostNamed
  const named = [...differ.slice(0, mostNamed), ...(more > 0 ? [`${more} more`] : [])]
  return [`left out by --only, ${differ.length === 1 ? 'differs' : 'differ'}: ${named.join(', ')}`]
}

/** The change at one index on all hosts of a group. */
function viewChanges(
  hosts: readonly PlannedHost[],
  index: number,
  diffOf: DiffOf,
  markOwn: MarkOwn,
): ChangeView {
  const words: OnHost<string>[] = []
  const details: OnHost<string>[] = []
  const hunks: OnHost<PathHunk>[] = []
  for (const { host, changes, facts } of hosts) {
    const change = changes[index]
    if (change === undefined) continue
    const diff = diffOfChange(change)
    const shown = diff === undefined ? undefined : diffOf(diff)
    words.push({ value: describeOperation(change.operation, facts), host })
    const cause = change.cause === undefined ? '' : ` (${change.cause})`
    details.push({ value: `${escapeLine(change.resource)}: ${escapeLine(change.reason)}${cause}`, host })
    for (const value of guardWords(change)) details.push({ value, host })
    if (diff === undefined || shown === undefined) continue
    if ('omitted' in shown) details.push({ value: escapeLine(shown.omitted), host })
    else for (const hunk of shown.hunks) hunks.push({ value: { path: diff.path, hunk }, host })
  }
  return { words: shared(words, markOwn), details: shared(details, markOwn), hunks: shared(hunks, markOwn) }
}

interface OnHost<T> {
  readonly value: T
  readonly host: string
}

type MarkOwn = <T>(one: OnHost<T>) => T

/** Merges values and their hosts, in order, if they are equal but for what is each host's own, which is marked then. */
function shared<T>(found: readonly OnHost<T>[], markOwn: MarkOwn): readonly Shown<T>[] {
  const equal = groupBy(found, ({ value }) => JSON.stringify(value))
  const marked = equal.map((same) => (same.length === 1 ? markOwn(same[0]) : same[0].value))
  return groupBy([...equal.keys()], (index) => JSON.stringify(marked[index])).flatMap(([first, ...more]) => {
    const value = more.length === 0 ? equal[first]?.[0].value : marked[first]
    const hosts = [first, ...more].flatMap((index) => equal[index]?.map(({ host }) => host) ?? [])
    if (value === undefined) return []
    return [more.length === 0 ? { value, hosts } : { value, hosts, marks: marksIn(value) }]
  })
}

function marksIn(value: unknown): readonly Mark[] {
  const text = JSON.stringify(value)
  return (['<host>', '<address>'] as const).filter((mark) => text.includes(mark))
}

function ownMarker(addresses: Readonly<Record<string, string>>): MarkOwn {
  return ({ value, host }) => {
    const name = ownName(host)
    const address = addresses[host]
    const known = address === undefined ? undefined : ownAddress(address)
    const mark = (text: string): string =>
      // An address may have the name in it.
      (known === undefined ? text : text.replaceAll(known, '<address>')).replaceAll(name, '<host>')
    return JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
      typeof part === 'string' ? mark(part) : part,
    )
  }
}

/** `decided on host: only if ...` for a change with a guard that the host evaluates. */
function guardWords(change: Change): readonly string[] {
  const { onlyIf, unless, exists, absent, running, loaded } = change.guard ?? {}
  const conditions = [
    ...(onlyIf === undefined ? [] : [`only if \`${escapeLine(onlyIf)}\``]),
    ...(unless === undefined ? [] : [`unless \`${escapeLine(unless)}\``]),
    ...(exists === undefined ? [] : [`only if ${escapeLine(exists)} exists`]),
    ...(absent === undefined ? [] : [`unless ${escapeLine(absent)} exists`]),
    ...(running === undefined ? [] : [`only if ${escapeLine(running)} runs`]),
    ...(loaded === undefined ? [] : [`only if ${escapeLine(loaded)} still has a unit file`]),
    ...(change.whenOwed === undefined ? [] : ['only if it is notified']),
  ]
  return conditions.length === 0 ? [] : [`decided on host: ${conditions.join(' and ')}`]
}

type DiffOf = (diff: FileDiff) => ShownDiff
